import Simulation
import Vocabulary

/// Engines that read each other's KV in virtual time, without sockets: what a server does, at once.
final class EngineFleet {
  final class Member {
    var core: EngineScheduler
    var log: [(at: Instant, event: EngineEvent)] = []
    init(_ configuration: EngineConfiguration) { core = EngineScheduler(configuration) }

    var finishes: [EngineFinish] {
      log.compactMap { if case .finished(let finish) = $0.event { finish } else { nil } }
    }

    func text(_ request: EngineRequestID, choice: Int = 0) -> String {
      var text = ""
      for entry in log {
        if case .token(let token) = entry.event, token.sequence.request == request,
          token.sequence.choice == choice
        {
          text += token.text
        }
        if case .finished(let finish) = entry.event, finish.sequence.request == request,
          finish.sequence.choice == choice
        {
          text += finish.lastToken?.text ?? ""
        }
      }
      return text
    }

    func ids(_ request: EngineRequestID) -> [UInt32] {
      log.compactMap { entry in
        switch entry.event {
        case .token(let token) where token.sequence.request == request: token.id
        case .finished(let finish) where finish.sequence.request == request: finish.lastToken?.id
        default: nil
        }
      }
    }

    func kv(_ request: EngineRequestID) -> KVParameters? {
      finishes.last { $0.sequence.request == request }?.kv
    }

    func times(_ request: EngineRequestID) -> [Duration] {
      log.filter { entry in
        switch entry.event {
        case .token(let token): token.sequence.request == request
        case .finished(let finish): finish.sequence.request == request
        default: false
        }
      }.map { $0.at - .zero }
    }

    var isDead: Bool { core.isDead }
    var isIdle: Bool { core.isIdle }

    var death: String? {
      log.lazy.compactMap { if case .died(let reason) = $0.event { reason } else { nil } }.first
    }
  }

  var members: [UInt16: Member] = [:]
  var now = Instant.zero
  /// While set, pulls and notices are dropped instead of delivered.
  var sideChannelIsCut = false

  func add(port: UInt16, _ change: (inout EngineConfiguration) -> Void = { _ in }) -> Member {
    var configuration = EngineConfiguration(engineID: "engine-\(port)")
    configuration.sideChannelPort = port
    configuration.bootstrapPort = port
    configuration.maxModelLength = 8192
    change(&configuration)
    let member = Member(configuration)
    members[port] = member
    return member
  }

  /// The engine at `port` is gone: nobody answers there.
  func kill(port: UInt16) { members[port] = nil }

  /// Advances every engine to `time` in the order things are due.
  func run(until time: Duration) {
    let end = Instant.zero + time
    while let (member, due) = next(), due <= end {
      now = max(now, due)
      member.core.advance(to: now)
      deliver(member)
    }
    now = end
    for (_, member) in members.sorted(by: { $0.key < $1.key }) {
      member.core.advance(to: end)
      deliver(member)
    }
  }

  func submit(_ request: EngineRequest, to member: Member) -> EngineRequestID {
    member.core.submit(request, now: now)
  }

  func abort(_ id: EngineRequestID, on member: Member) {
    member.core.abort(id, now: now)
    deliver(member)
  }

  private func next() -> (Member, Instant)? {
    members.sorted { $0.key < $1.key }
      .compactMap { entry in entry.value.core.nextWake.map { (entry.value, $0) } }
      .min { $0.1 < $1.1 }
  }

  private func deliver(_ member: Member) {
    var events: [EngineEvent] = []
    member.core.drainEvents(into: &events)
    for event in events {
      member.log.append((now, event))
      guard !sideChannelIsCut else { continue }
      switch event {
      case .needsRemoteKV(let pull): perform(pull, for: member)
      case .asks(let ask, let address):
        if tell(.ask(ask), to: address) != .done {
          member.core.remoteKVFailed(ask.target, now: now)
        }
      case .writes(let write, let address):
        let reply = tell(.write(write), to: address)
        member.core.writeDidEnd(write, accepted: reply.map { $0 == .done }, now: now)
      case .notice(let notice):
        let message = SideChannelMessage.notice(
          requestID: notice.source.requestID, reason: notice.reason)
        _ = tell(message, to: notice.source.address)
      case .heartbeat(let address, let requestIDs):
        let reply = tell(.heartbeat(requestIDs: requestIDs), to: address)
        member.core.heartbeatDidEnd(address, heard: reply != nil, now: now)
      case .finished(let finish): member.core.answerWasWritten(finish.sequence.request)
      default: break
      }
    }
    if !events.isEmpty { deliver(member) }
  }

  /// What the engine at `address` answers, nil when there is none; what it says next is passed on.
  private func tell(_ message: SideChannelMessage, to address: HostAndPort) -> SideChannelReply? {
    guard let member = members[address.port], !member.isDead else { return nil }
    let reply = member.core.answer(message, now: now)
    deliver(member)
    return reply
  }

  private func perform(_ pull: KVPull, for member: Member) {
    let message = SideChannelMessage.read(
      engineID: pull.source.engineID, requestID: pull.source.requestID, blockIDs: pull.blockIDs,
      consumer: pull.consumer)
    switch tell(message, to: pull.source.address) {
    case .content(let contents)?:
      member.core.remoteKVArrived(pull.target, contents: contents, now: now)
    default: member.core.remoteKVFailed(pull.target, now: now)
    }
  }
}

/// A prompt of `count` token ids, different for each `seed`.
func prompt(_ count: Int, seed: UInt32 = 1) -> [UInt32] {
  (0..<UInt32(count)).map { $0 &* 7919 &+ seed &* 104_729 & 0xFFFF }
}

/// A completion request.
func request(
  _ prompt: [UInt32], maxTokens: Int? = nil, kv: KVParameters? = nil, id: String = "r"
) -> EngineRequest {
  var request = EngineRequest(requestID: id, prompts: [prompt])
  request.maxTokens = maxTokens
  request.kv = kv
  return request
}

/// The text `engine` gives to `prompt` when left alone.
func reference(_ prompt: [UInt32], maxTokens: Int) -> String {
  let fleet = EngineFleet()
  let alone = fleet.add(port: 1)
  let id = fleet.submit(request(prompt, maxTokens: maxTokens), to: alone)
  fleet.run(until: .seconds(1000))
  return alone.text(id)
}
