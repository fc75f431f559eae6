package import Vocabulary

/// What an `EngineScheduler` tells its server, in the order it happened.
package enum EngineEvent: Hashable, Sendable {
  /// A choice's whole prompt is in the KV cache; its first token comes in the same step.
  case prefillDone(EngineSequenceID)
  /// A token that does not end its choice.
  case token(EngineToken)
  /// A choice has ended; its last token, if any, is inside.
  case finished(EngineFinish)
  /// KV must be read from another engine; answer with `remoteKVArrived` or `remoteKVFailed`.
  case needsRemoteKV(KVPull)
  /// Another engine must be asked to write KV; when it refuses or cannot be reached, answer with
  /// `remoteKVFailed`.
  case asks(KVAsk, of: HostAndPort)
  /// KV must be written to another engine; answer with `writeDidEnd`.
  case writes(KVWrite, to: HostAndPort)
  /// Another engine must be told that it may free blocks.
  case notice(KVNotice)
  /// Another engine must be told that these requests are still wanted.
  case heartbeat(HostAndPort, requestIDs: [String])
  /// The engine process is gone: close the listener and cut every connection. Nothing follows.
  case died(String)
}
