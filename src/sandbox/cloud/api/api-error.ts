/** A refusal in Tencent's words: the server turns it into `Response.Error` of a 200 answer. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}
