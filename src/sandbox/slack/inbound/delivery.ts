// The ways a request from Slack reaches the app, and what can come of it.
import type { JsonObject } from '../json.ts';

export type Envelope =
  | { type: 'slash_commands'; payload: JsonObject }
  | { type: 'interactive'; payload: JsonObject }
  | { type: 'events_api'; payload: JsonObject; retryAttempt?: number; retryReason?: string };

/** What Slack calls the failure, in the words a person reads. */
type DeliveryError =
  /** No acknowledgement within three seconds. */
  | 'operation_timeout'
  /** Nothing to send to: no address set and no websocket open, or the address is unreachable. */
  | 'dispatch_failed'
  /** The app answered with an HTTP status that is not 2xx. */
  | 'http_service_error'
  /** The acknowledgement was not JSON, or blocks in it were not valid. */
  | 'invalid_response';

export type Delivery =
  | { ok: true; body: JsonObject | string | undefined }
  | { ok: false; error: DeliveryError };

/** Sends one envelope and waits for the acknowledgement, at most three seconds. Never rejects. */
export type Deliver = (envelope: Envelope) => Promise<Delivery>;
