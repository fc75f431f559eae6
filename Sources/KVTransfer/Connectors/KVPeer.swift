/// One worker of a pair, as far as a connector's parameters speak of it.
public struct KVPeer: Sendable, Equatable {
  /// The host of the worker's URL: a name or an address, IPv6 without brackets.
  public var host: String
  /// The port of the worker's URL.
  public var port: UInt16
  /// Port of its bootstrap server (Mooncake, SGLang), if one was named.
  public var bootstrapPort: UInt16?
  /// `host:port` of its message socket, as the engine registered it (MoRIIO); nil: `host:port`.
  public var messageAddress: String?
  /// How many data-parallel ranks the engine has.
  public var dataParallelSize = 1
  /// The rank this worker stands for; nil when it is the whole engine.
  public var dataParallelRank: Int?
  /// Over how many devices the engine splits its tensors.
  public var tensorParallelSize = 1
  /// What decode engines must be told of it, where that was learned or asked; nil until then.
  public var identity: KVPeerIdentity? {
    didSet { if identity != nil { hasHadIdentity = true } }
  }
  /// Whether it ever had an identity; stays when that must be learned anew.
  public private(set) var hasHadIdentity = false

  /// A peer of which nothing is known but where it listens.
  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}
