/// How a handle that nobody will use is given back to the prefill engine.
public enum KVReleaseMeans: UInt8, Sendable, CaseIterable {
  /// A request with the handle that a decode engine must refuse, which makes it tell prefill to
  /// free the blocks (vLLM pull request 41269; measured on 0.32: freed within 7–30 ms).
  case rejection
  /// A request with the handle that a decode engine serves, of one token, whose answer is dropped;
  /// needed where a refusal frees nothing (NIXL push, and engines before that pull request).
  case attachment
  /// A call that names the request, to both engines (SGLang's `/abort_request`).
  case abortRequest
}
