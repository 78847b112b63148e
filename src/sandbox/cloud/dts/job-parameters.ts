import type {
  DBEndpointInfo,
  MigrateOption,
  TagItem,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { z } from 'zod';
import {
  integer,
  optionalBoolean,
  optionalInteger,
  optionalText,
  optionalTexts,
  text,
} from '../api/parameters.ts';

/** Shapes of the nested parameters of the DTS actions, field by field as the SDK's models have them. */
export const tags: z.ZodType<TagItem[]> = z.array(
  z.strictObject({ TagKey: optionalText, TagValue: optionalText }),
);

const keyValues = z.array(z.strictObject({ Key: optionalText, Value: optionalText }));

const databaseTable = z.strictObject({
  ObjectMode: text,
  // Parts of a database exist for SQL only; readSetup refuses every mode but `all`.
  Databases: z.exactOptional(z.array(z.strictObject({ DbName: optionalText }))),
  AdvancedObjects: optionalTexts,
});

export const migrateOption: z.ZodType<MigrateOption> = z.strictObject({
  DatabaseTable: databaseTable,
  MigrateType: optionalText,
  Consistency: z.exactOptional(
    z.strictObject({
      Mode: z.exactOptional(z.enum(['full', 'noCheck', 'notConfigured'])),
      ObjectMode: optionalText,
    }),
  ),
  IsMigrateAccount: optionalBoolean,
  IsOverrideRoot: optionalBoolean,
  IsDstReadOnly: optionalBoolean,
  ExtraAttr: z.exactOptional(keyValues),
  MigrateWay: optionalText,
  RateLimit: z.exactOptional(
    z.strictObject({
      DumpThread: optionalInteger,
      DumpRps: optionalInteger,
      LoadThread: optionalInteger,
      LoadRps: optionalInteger,
      SinkerThread: optionalInteger,
    }),
  ),
});

const database = z.strictObject({
  Role: optionalText,
  DbKernel: optionalText,
  Host: optionalText,
  Port: z.exactOptional(integer),
  User: optionalText,
  Password: optionalText,
  CvmInstanceId: optionalText,
  UniqVpnGwId: optionalText,
  UniqDcgId: optionalText,
  InstanceId: optionalText,
  CcnGwId: optionalText,
  VpcId: optionalText,
  SubnetId: optionalText,
  EngineVersion: optionalText,
  Account: optionalText,
  AccountRole: optionalText,
  AccountMode: optionalText,
  TmpSecretId: optionalText,
  TmpSecretKey: optionalText,
  TmpToken: optionalText,
  EncryptConn: optionalText,
  SetId: optionalText,
});

export const endpoint: z.ZodType<DBEndpointInfo> = z.strictObject({
  Region: text,
  AccessType: text,
  DatabaseType: text,
  NodeType: text,
  Info: z.array(database),
  Supplier: optionalText,
  ExtraAttr: z.exactOptional(keyValues),
  DatabaseNetEnv: optionalText,
  ConnectType: optionalText,
  CcnOwnerUin: optionalText,
});
