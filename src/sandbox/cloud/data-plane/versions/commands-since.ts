/**
 * Commands (and subcommands, as `container|sub`) by the Redis version that brought them, after 2.8: what `COMMAND DOCS` of
 * Redis 7.0 tells. A command that is not listed is in 2.8 already. WAIT came with 3.0, as did everything of a cluster.
 */
export const commandsSince: Readonly<Record<string, readonly string[]>> = {
  '3.0': words('asking client|pause cluster readonly readwrite restore-asking wait'),
  '3.2': words(
    'bitfield client|reply geoadd geodist geohash geopos georadius georadius_ro georadiusbymember',
    'georadiusbymember_ro hstrlen script|debug touch',
  ),
  '4.0': words('memory module object|freq object|help pubsub|help swapdb unlink'),
  '5.0': words(
    'bzpopmax bzpopmin client|help client|id client|unblock cluster|help cluster|replicas command|help config|help debug|digest-value lolwut',
    'replicaof script|help xack xadd xclaim xdel xgroup xinfo xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim',
    'zpopmax zpopmin',
  ),
  '6.0': words('acl bitfield_ro client|caching client|getredir client|tracking hello lpos'),
  '6.2': words(
    'blmove client|info client|trackinginfo client|unpause copy failover geosearch geosearchstore getdel getex hrandfield',
    'lmove reset slowlog|help smismember xautoclaim xgroup|createconsumer zdiff zdiffstore zinter zmscore zrandmember',
    'zrangestore zunion',
  ),
  '7.0': words(
    'acl|dryrun blmpop bzmpop client|no-evict cluster|addslotsrange cluster|delslotsrange cluster|links cluster|shards',
    'command|docs command|getkeysandflags command|list eval_ro evalsha_ro expiretime fcall fcall_ro function',
    'latency|histogram lcs lmpop module|loadex pexpiretime pubsub|shardchannels pubsub|shardnumsub sintercard sort_ro',
    'spublish ssubscribe sunsubscribe zintercard zmpop',
  ),
};

function words(...lines: string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}
