// Which room may know which. Arrows go one way, so that a room can be read, tested and replaced without those above it:
// slack, terminal → service → engine, steps → cloud, compare → upgrade → nothing of ours.
// Run by scripts/check-dependencies.ts, which also makes sure that every file was looked at.

/** Rooms of src, each with the other rooms it may import. */
const ROOMS = {
  upgrade: [],
  cloud: ['upgrade'],
  compare: ['upgrade'],
  // The engine knows no step: it is handed them.
  engine: ['upgrade'],
  steps: ['cloud', 'compare', 'upgrade'],
  service: ['engine', 'steps', 'cloud', 'upgrade'],
  // Listeners translate, the service decides: Slack sees neither the journal nor the cloud.
  slack: ['service', 'upgrade'],
  // Words and commands of a shell, for when Slack is down; cli.ts hands it the service. And the comparison on its own.
  terminal: ['service', 'compare', 'upgrade'],
  // Fulfils the engine's Logger and counts the journal's events.
  telemetry: ['engine', 'upgrade'],
  // The bot and the sandbox meet on the wire only.
  sandbox: [],
};

/** Rooms within the sandbox; what two of them share is wired by `world`. */
const SANDBOX_ROOMS = {
  'redis-server': [],
  cloud: ['redis-server'],
  slack: [],
  traffic: [],
  world: ['cloud', 'redis-server', 'slack', 'traffic'],
  demo: ['world', 'cloud', 'slack', 'traffic'],
};

/**
 * Rooms within the comparison. Beside them are its entrances (`comparison.ts`, `delta.ts`, `repair.ts`, `find-unrepairable.ts`), which
 * use them all, and `comparison-options.ts`, which all use.
 */
const COMPARE_ROOMS = {
  // The Redis protocol as bytes, and one server.
  wire: [],
  // All masters of an open-source cluster as one connection.
  cluster: ['wire'],
  // What SCAN names, and which of it is looked at.
  names: ['cluster', 'wire'],
  // A connection to either side, and the memory that is used again.
  lane: ['cluster', 'wire'],
  // How fast, and for how long at a time.
  pace: ['lane'],
  // Whether one key, or many, are the same on both sides.
  values: ['lane', 'wire'],
  // All keys, in rounds, from a checkpoint to the next.
  sweep: ['names', 'lane', 'pace', 'values', 'wire'],
  // Making both sides equal.
  repair: ['sweep', 'names', 'lane', 'pace', 'values', 'wire'],
};
/** The files at the top of src that connect rooms with each other. */
const WIRING = '^src/(main|cli|core|publishing)\\.ts$';

/** `shared`: what each of the rooms may import besides. */
function roomRules(folder, rooms, shared = []) {
  return Object.entries(rooms).map(([room, allowed]) => {
    const known = [room, ...allowed].join('|');
    return {
      name: `room-${folder.replace('src/', '').replace('/', '-')}${room}`,
      comment: `${folder}${room} may import ${allowed.length === 0 ? 'nothing of ours but itself' : allowed.join(', ')}`,
      severity: 'error',
      from: { path: `^${folder}${room}/` },
      to: {
        path: '^(src|test|scripts|bench)/',
        pathNot: [`^${folder}(${known})/`, ...shared],
      },
    };
  });
}

/** A package that only these files may import. */
function packageRule(name, packages, only) {
  return {
    name,
    comment: `only ${[only].flat().join(', ')} may import it`,
    severity: 'error',
    from: { path: '^src/', pathNot: only },
    to: { path: `node_modules/(${packages})(/|$)` },
  };
}

module.exports = {
  forbidden: [
    ...roomRules('src/', ROOMS),
    ...roomRules('src/sandbox/', SANDBOX_ROOMS),
    ...roomRules('src/compare/', COMPARE_ROOMS, ['^src/compare/comparison-options\\.ts$', '^src/upgrade/']),
    {
      name: 'config-imports-nothing',
      comment: 'The configuration is read before anything exists that could be connected.',
      severity: 'error',
      from: { path: '^src/config\\.ts$' },
      to: { path: '^(src|test|scripts|bench)/' },
    },
    {
      name: 'only-wiring-wires',
      comment: 'A new file at the top of src is either wiring (name it here) or belongs into a room.',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: [WIRING, '^src/config\\.ts$'] },
      to: { path: '.' },
    },
    {
      name: 'nothing-imports-the-entries',
      severity: 'error',
      from: {},
      to: { path: '^src/(main|cli)\\.ts$' },
    },
    {
      name: 'sandbox-only-from-the-cli',
      comment: 'The product must work where the sandbox is not installed.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(sandbox/|cli\\.ts$)' },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'sandbox-lazily',
      comment: 'cli.ts loads the sandbox when somebody asks for it and not before.',
      severity: 'error',
      from: { path: '^src/cli\\.ts$' },
      to: { path: '^src/sandbox/', dynamic: false },
    },
    {
      name: 'page-stays-in-the-browser',
      comment: 'The page is compiled for the browser: it imports only itself.',
      severity: 'error',
      from: { path: '^src/sandbox/slack/page/' },
      to: { pathNot: '^src/sandbox/slack/page/' },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|bench)/' },
    },
    {
      name: 'telemetry-only-from-wiring',
      comment: 'Rooms are handed a Logger; they do not choose one.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/telemetry/', WIRING] },
      to: { path: '^src/telemetry/' },
    },
    packageRule('sdk-only-in-cloud', 'tencentcloud-sdk-nodejs', '^src/(sandbox/)?cloud/'),
    {
      name: 'sandbox-cloud-knows-sdk-types-only',
      comment: 'The emulator is typed by the SDK and never runs it.',
      severity: 'error',
      from: { path: '^src/sandbox/cloud/' },
      to: { path: 'node_modules/tencentcloud-sdk-nodejs/', dependencyTypesNot: ['type-only'] },
    },
    packageRule('slack-packages-only-in-slack', '@slack/(bolt|web-api|types)', '^src/(sandbox/)?slack/'),
    {
      name: 'sandbox-slack-knows-slack-types-only',
      severity: 'error',
      from: { path: '^src/sandbox/slack/' },
      to: { path: 'node_modules/@slack/', dependencyTypesNot: ['type-only'] },
    },
    packageRule('bullmq-only-in-engine', 'bullmq', '^src/engine/'),
    packageRule('ioredis-only-at-the-store', 'ioredis', [
      '^src/(engine|sandbox)/',
      '^src/core\\.ts$',
      '^src/slack/thread-store\\.ts$',
    ]),
    packageRule('telemetry-packages-only-in-telemetry', 'pino|prom-client', '^src/telemetry/'),
    packageRule('websockets-only-in-sandbox', 'ws', '^src/sandbox/'),
    {
      name: 'no-cycle',
      comment:
        'Two files that need each other are one idea: merge them, or move what both need into a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-development-package-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|artifacts|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
