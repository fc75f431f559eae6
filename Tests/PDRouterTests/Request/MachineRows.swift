import KVTransfer

@testable import PDRouter

/// What must come of every event in every state, by the rules of `RequestStateMachine`'s comment
/// and of `docs/kv-transfer.md`.
enum MachineRows {
  private typealias Row = MachineRow

  /// Every pair that a driver may bring, while an attempt is left.
  static let withAttempts: [MachineRow] =
    choosing + pausing + prefilling + servingNone + servingHandle + servingTogether + attachedNone
    + attachedHandle + attachedTogether + answering + answeringTogether + unwindingAlone
    + unwindingUnasked
    + unwindingWaiting + unwindingLost + unwindingLingering

  private static let choosing: [MachineRow] = [
    Row(.choosing, .refused, .none, .fail(.example)),
    Row(.choosing, .chosePair, .none, .startPrefill),
    Row(.choosing, .choseOne, .none, .startServing),
    Row(.choosing, .foundNobody, .none, .fail(.example)),
    Row(.choosing, .paused, .none, .wait),
    Row(.choosing, .clientLeft, .none, .forget),
    Row(.choosing, .deadlinePassed, .none, .fail(.example)),
    Row(.choosing, .routerStops, .none, .fail(.stopping)),

    Row(.choosingDecode, .choseDecode, .none, .startServing),
    // The request starts anew: the attempt that was to be has not been made.
    Row(.choosingDecode, .foundNobody, .release(.noDecodeWorker), .choose),
    Row(.choosingDecode, .handleWasLost, .none, .choose),

    Row(.choosingDecodeTogether, .choseDecode, .none, .startServing),
    Row(
      .choosingDecodeTogether, .foundNobody, .release(.noDecodeWorker), cancels: .prefill,
      .choose),
    Row(.choosingDecodeTogether, .handleWasLost, .none, cancels: .prefill, .choose),
  ]

  private static let pausing: [MachineRow] = [
    Row(.pausing, .resumed, .none, .choose),
    Row(.pausing, .waitedInVain, .none, .fail(.example)),
    Row(.pausing, .clientLeft, .none, .forget),
    Row(.pausing, .deadlinePassed, .none, .fail(.example)),
    Row(.pausing, .routerStops, .none, .fail(.stopping)),
  ]

  private static let prefilling: [MachineRow] = [
    Row(.prefilling, .refused, .abandon, .fail(.example)),
    Row(.prefilling, .legsLeaveTogether, .none, .startServing),
    Row(.prefilling, .prefillAnswered, .none, .startServing),
    Row(.prefilling, .handleWasLost, .none, .choose),
    Row(.prefilling, .prefillRejected, .abandon, .relayRejection),
    Row(.prefilling, .prefillFailed, .abandon, .choose),
    Row(.prefilling, .prefillFailedWithAnswer, .abandon, .choose),
    Row(.prefilling, .prefillFailedLast, .abandon, .relayRejection),
    Row(.prefilling, .prefillFailedNamed, .recall(.prefillFailed), .choose),
    Row(.prefilling, .clientLeft, .abandon, cancels: .prefill, .forget),
    Row(.prefilling, .clientLeftShort, .none, .leaveClient),
    Row(.prefilling, .clientLeftShortUnsent, .abandon, cancels: .prefill, .forget),
    Row(.prefilling, .clientLeftNamed, .recall(.clientGone), cancels: .prefill, .forget),
    Row(.prefilling, .deadlinePassed, .abandon, cancels: .prefill, .fail(.example)),
    Row(
      .prefilling, .deadlinePassedNamed, .recall(.requestTimedOut), cancels: .prefill,
      .fail(.example)),
    Row(.prefilling, .routerStops, .abandon, cancels: .prefill, .fail(.stopping)),
  ]

  private static let servingNone: [MachineRow] = [
    Row(.servingNone, .head200, .none, .relay),
    Row(.servingNone, .head302, .none, .relay),
    Row(.servingNone, .head404, .none, .relay),
    Row(.servingNone, .head429, .none, cancels: .serving, .choose),
    Row(.servingNone, .head501, .none, .relay),
    Row(.servingNone, .head500, .none, cancels: .serving, .choose),
    Row(.servingNone, .head503, .none, cancels: .serving, .choose),
    Row(.servingNone, .head503Unrepeatable, .none, .relay),
    Row(.servingNone, .failedUndelivered, .none, .choose),
    Row(.servingNone, .failedBroken, .none, .choose),
    Row(.servingNone, .failedUnrepeatable, .none, .fail(.example)),
    Row(.servingNone, .servingTimedOut, .none, cancels: .serving, .choose),
    Row(
      .servingNone, .servingTimedOutUnrepeatable, .none, cancels: .serving, .fail(.example)),
    Row(.servingNone, .clientLeft, .none, cancels: .serving, .forget),
    Row(.servingNone, .clientLeftServingUnsent, .none, cancels: .serving, .forget),
    Row(.servingNone, .deadlinePassed, .none, cancels: .serving, .fail(.example)),
    Row(.servingNone, .deadlinePassedServingUnsent, .none, cancels: .serving, .fail(.example)),
    Row(.servingNone, .routerStops, .none, cancels: .serving, .fail(.stopping)),
  ]

  private static let servingHandle: [MachineRow] = [
    Row(.servingHandle, .head200, .attach, .relay),
    Row(.servingHandle, .head302, .attach, .relay),
    Row(.servingHandle, .head404, .refused, .relay),
    Row(.servingHandle, .head429, .refused, cancels: .serving, .choose),
    Row(.servingHandle, .head501, .release(.decodeLost), .relay),
    Row(.servingHandle, .head500, .release(.decodeLost), cancels: .serving, .choose),
    Row(.servingHandle, .head503, .refused, cancels: .serving, .choose),
    Row(.servingHandle, .head404Mute, .release(.decodeRejected), .relay),
    Row(.servingHandle, .head503Mute, .release(.decodeRejected), cancels: .serving, .choose),
    Row(.servingHandle, .failedUndelivered, .takeBack, .chooseDecode),
    Row(.servingHandle, .failedBroken, .release(.decodeLost), .choose),
    Row(
      .servingHandle, .servingTimedOut, .makeSure(.requestTimedOut), cancels: .serving, .choose),
    Row(.servingHandle, .clientLeft, .makeSure(.clientGone), cancels: .serving, .forget),
    Row(
      .servingHandle, .clientLeftServingUnsent, .release(.clientGone), cancels: .serving, .forget),
    Row(.servingHandle, .clientLeftStubbornDecode, .none, .linger),
    Row(
      .servingHandle, .deadlinePassed, .makeSure(.requestTimedOut), cancels: .serving,
      .fail(.example)),
    Row(
      .servingHandle, .deadlinePassedServingUnsent, .release(.requestTimedOut), cancels: .serving,
      .fail(.example)),
    Row(
      .servingHandle, .routerStops, .makeSure(.routerStopping), cancels: .serving,
      .fail(.stopping)),
  ]

  private static let servingTogether: [MachineRow] = [
    Row(.servingTogether, .prefillAnswered, .none, .wait),
    Row(
      .servingTogether, .prefillRejected, .dropped(.prefillFailed), cancels: .serving,
      .relayRejection),
    Row(.servingTogether, .prefillFailed, .dropped(.prefillFailed), cancels: .serving, .choose),
    Row(
      .servingTogether, .prefillFailedWithAnswer, .dropped(.prefillFailed), cancels: .serving,
      .choose),
    Row(
      .servingTogether, .prefillFailedLast, .dropped(.prefillFailed), cancels: .serving,
      .relayRejection),
    Row(
      .servingTogether, .prefillFailedNamed, .recall(.prefillFailed), cancels: .serving, .choose),
    Row(.servingTogether, .head200, .attach, .relay),
    Row(.servingTogether, .head302, .attach, .relay),
    Row(.servingTogether, .head404, .refused, cancels: .prefill, .relay),
    Row(.servingTogether, .head429, .refused, cancels: .both, .choose),
    Row(.servingTogether, .head501, .release(.decodeLost), cancels: .prefill, .relay),
    Row(.servingTogether, .head500, .release(.decodeLost), cancels: .both, .choose),
    Row(.servingTogether, .head503, .refused, cancels: .both, .choose),
    Row(.servingTogether, .head404Mute, .release(.decodeRejected), cancels: .prefill, .relay),
    Row(.servingTogether, .head503Mute, .release(.decodeRejected), cancels: .both, .choose),
    // Prefill goes on: its handle may still find a decode engine.
    Row(.servingTogether, .failedUndelivered, .takeBack, .chooseDecode),
    Row(.servingTogether, .failedBroken, .release(.decodeLost), cancels: .prefill, .choose),
    Row(
      .servingTogether, .servingTimedOut, .makeSure(.requestTimedOut), cancels: .both, .choose),
    Row(.servingTogether, .clientLeft, .makeSure(.clientGone), cancels: .both, .forget),
    Row(.servingTogether, .clientLeftShort, .makeSure(.clientGone), cancels: .both, .forget),
    Row(.servingTogether, .clientLeftNamed, .recall(.clientGone), cancels: .both, .forget),
    Row(
      .servingTogether, .clientLeftServingUnsent, .dropped(.clientGone), cancels: .both, .forget),
    Row(
      .servingTogether, .clientLeftServingUnsentNamed, .recall(.clientGone), cancels: .both,
      .forget),
    // Cutting a short prefill would pin what it has made, and decode was never asked for it.
    Row(.servingTogether, .clientLeftServingUnsentShort, .none, cancels: .serving, .leaveClient),
    Row(.servingTogether, .clientLeftStubbornDecode, .none, .leaveClient),
    Row(
      .servingTogether, .deadlinePassed, .makeSure(.requestTimedOut), cancels: .both,
      .fail(.example)),
    Row(
      .servingTogether, .deadlinePassedNamed, .recall(.requestTimedOut), cancels: .both,
      .fail(.example)),
    Row(
      .servingTogether, .deadlinePassedServingUnsent, .dropped(.requestTimedOut), cancels: .both,
      .fail(.example)),
    Row(
      .servingTogether, .routerStops, .makeSure(.routerStopping), cancels: .both,
      .fail(.stopping)),
  ]

  private static let attachedNone: [MachineRow] = [
    Row(.attachedNone, .answerBegan, .none, .wait),
    Row(.attachedNone, .failedBroken, .none, .choose),
    Row(.attachedNone, .failedUnrepeatable, .none, .fail(.example)),
    Row(.attachedNone, .servingTimedOut, .none, cancels: .serving, .choose),
    Row(
      .attachedNone, .servingTimedOutUnrepeatable, .none, cancels: .serving, .fail(.example)),
    Row(.attachedNone, .clientLeft, .none, cancels: .serving, .forget),
    Row(.attachedNone, .deadlinePassed, .none, cancels: .serving, .fail(.example)),
    Row(.attachedNone, .routerStops, .none, cancels: .serving, .fail(.stopping)),
  ]

  private static let attachedHandle: [MachineRow] = [
    Row(.attachedHandle, .answerBegan, .consumed, .wait),
    Row(.attachedHandle, .failedBroken, .release(.decodeLost), .choose),
    Row(
      .attachedHandle, .servingTimedOut, .makeSure(.requestTimedOut), cancels: .serving, .choose),
    Row(.attachedHandle, .clientLeft, .makeSure(.clientGone), cancels: .serving, .forget),
    Row(.attachedHandle, .clientLeftStubbornDecode, .none, .linger),
    Row(
      .attachedHandle, .deadlinePassed, .makeSure(.requestTimedOut), cancels: .serving,
      .fail(.example)),
    Row(
      .attachedHandle, .routerStops, .makeSure(.routerStopping), cancels: .serving,
      .fail(.stopping)),
  ]

  private static let attachedTogether: [MachineRow] = [
    Row(.attachedTogether, .answerBegan, .consumed, .wait),
    Row(.attachedTogether, .prefillAnswered, .none, .wait),
    Row(
      .attachedTogether, .prefillRejected, .dropped(.prefillFailed), cancels: .serving,
      .relayRejection),
    Row(.attachedTogether, .prefillFailed, .dropped(.prefillFailed), cancels: .serving, .choose),
    Row(
      .attachedTogether, .prefillFailedWithAnswer, .dropped(.prefillFailed), cancels: .serving,
      .choose),
    Row(
      .attachedTogether, .prefillFailedLast, .dropped(.prefillFailed), cancels: .serving,
      .relayRejection),
    Row(
      .attachedTogether, .prefillFailedNamed, .recall(.prefillFailed), cancels: .serving, .choose),
    Row(.attachedTogether, .failedBroken, .release(.decodeLost), cancels: .prefill, .choose),
    Row(
      .attachedTogether, .servingTimedOut, .makeSure(.requestTimedOut), cancels: .both, .choose),
    Row(.attachedTogether, .clientLeft, .makeSure(.clientGone), cancels: .both, .forget),
    Row(.attachedTogether, .clientLeftShort, .makeSure(.clientGone), cancels: .both, .forget),
    Row(.attachedTogether, .clientLeftNamed, .recall(.clientGone), cancels: .both, .forget),
    Row(.attachedTogether, .clientLeftStubbornDecode, .none, .leaveClient),
    Row(
      .attachedTogether, .deadlinePassed, .makeSure(.requestTimedOut), cancels: .both,
      .fail(.example)),
    Row(
      .attachedTogether, .deadlinePassedNamed, .recall(.requestTimedOut), cancels: .both,
      .fail(.example)),
    Row(
      .attachedTogether, .routerStops, .makeSure(.routerStopping), cancels: .both,
      .fail(.stopping)),
  ]

  private static let answering: [MachineRow] = [
    Row(.answering, .answerBegan, .none, .wait),
    Row(.answering, .failedBroken, .none, .breakOff(.example)),
    Row(.answering, .failedUnrepeatable, .none, .breakOff(.example)),
    Row(.answering, .servingTimedOut, .none, cancels: .serving, .breakOff(.example)),
    Row(
      .answering, .servingTimedOutUnrepeatable, .none, cancels: .serving, .breakOff(.example)),
    Row(.answering, .servingEnded, .none, .finish),
    Row(.answering, .clientLeft, .none, cancels: .serving, .forget),
    Row(.answering, .deadlinePassed, .none, cancels: .serving, .breakOff(.example)),
    Row(.answering, .routerStops, .none, cancels: .serving, .breakOff(.stopping)),
  ]

  /// Decode has its KV, since it has answered: what prefill still says changes nothing.
  private static let answeringTogether: [MachineRow] = [
    Row(.answeringTogether, .answerBegan, .none, .wait),
    Row(.answeringTogether, .prefillAnswered, .none, .wait),
    Row(.answeringTogether, .prefillRejected, .none, .wait),
    Row(.answeringTogether, .prefillFailed, .none, .wait),
    Row(.answeringTogether, .prefillFailedWithAnswer, .none, .wait),
    Row(.answeringTogether, .prefillFailedLast, .none, .wait),
    Row(.answeringTogether, .prefillFailedNamed, .none, .wait),
    Row(.answeringTogether, .servingTimedOut, .none, cancels: .both, .breakOff(.example)),
    Row(.answeringTogether, .failedBroken, .none, cancels: .prefill, .breakOff(.example)),
    Row(.answeringTogether, .servingEnded, .none, cancels: .prefill, .finish),
    Row(.answeringTogether, .clientLeft, .none, cancels: .both, .forget),
    Row(.answeringTogether, .clientLeftShort, .none, cancels: .both, .forget),
    Row(.answeringTogether, .clientLeftNamed, .none, cancels: .both, .forget),
    Row(.answeringTogether, .clientLeftStubbornDecode, .none, cancels: .both, .forget),
    Row(.answeringTogether, .deadlinePassed, .none, cancels: .both, .breakOff(.example)),
    Row(.answeringTogether, .deadlinePassedNamed, .none, cancels: .both, .breakOff(.example)),
    Row(.answeringTogether, .routerStops, .none, cancels: .both, .breakOff(.stopping)),
  ]

  private static let unwindingAlone: [MachineRow] = [
    Row(.unwindingAlone, .prefillAnswered, .release(.clientGone), .end),
    Row(.unwindingAlone, .prefillRejected, .abandon, .end),
    Row(.unwindingAlone, .prefillFailed, .abandon, .end),
    Row(.unwindingAlone, .prefillFailedWithAnswer, .abandon, .end),
    Row(.unwindingAlone, .prefillFailedLast, .abandon, .end),
    Row(.unwindingAlone, .prefillFailedNamed, .recall(.clientGone), .end),
    Row(.unwindingAlone, .deadlinePassedNamed, .recall(.requestTimedOut), cancels: .prefill, .end),
    Row(.unwindingAlone, .deadlinePassed, .abandon, cancels: .prefill, .end),
    Row(.unwindingAlone, .routerStops, .abandon, cancels: .prefill, .end),
  ]

  private static let unwindingUnasked: [MachineRow] = [
    Row(.unwindingUnasked, .prefillAnswered, .release(.clientGone), .end),
    Row(.unwindingUnasked, .prefillRejected, .dropped(.clientGone), .end),
    Row(.unwindingUnasked, .prefillFailed, .dropped(.clientGone), .end),
    Row(.unwindingUnasked, .prefillFailedWithAnswer, .dropped(.clientGone), .end),
    Row(.unwindingUnasked, .prefillFailedLast, .dropped(.clientGone), .end),
    Row(.unwindingUnasked, .prefillFailedNamed, .recall(.clientGone), .end),
    Row(
      .unwindingUnasked, .deadlinePassedNamed, .recall(.requestTimedOut), cancels: .prefill, .end),
    Row(
      .unwindingUnasked, .deadlinePassed, .release(.requestTimedOut), cancels: .prefill, .end),
    Row(.unwindingUnasked, .routerStops, .release(.routerStopping), cancels: .prefill, .end),
  ]

  private static let unwindingWaiting: [MachineRow] = [
    Row(.unwindingWaiting, .prefillAnswered, .none, .linger),
    Row(.unwindingWaiting, .prefillRejected, .dropped(.clientGone), cancels: .serving, .end),
    Row(.unwindingWaiting, .prefillFailed, .dropped(.clientGone), cancels: .serving, .end),
    Row(
      .unwindingWaiting, .prefillFailedWithAnswer, .dropped(.clientGone), cancels: .serving, .end),
    Row(.unwindingWaiting, .prefillFailedLast, .dropped(.clientGone), cancels: .serving, .end),
    Row(.unwindingWaiting, .prefillFailedNamed, .recall(.clientGone), cancels: .serving, .end),
    Row(
      .unwindingWaiting, .deadlinePassedNamed, .recall(.requestTimedOut), cancels: .both, .end),
    Row(.unwindingWaiting, .refusedLate, .refusedLate, cancels: .prefill, .end),
    Row(.unwindingWaiting, .refusedLateMute, .none, .wait),
    Row(.unwindingWaiting, .failedBroken, .none, .wait),
    Row(.unwindingWaiting, .servingEnded, .dropped(.clientGone), cancels: .prefill, .end),
    Row(.unwindingWaiting, .deadlinePassed, .makeSure(.requestTimedOut), cancels: .both, .end),
    Row(.unwindingWaiting, .routerStops, .makeSure(.routerStopping), cancels: .both, .end),
  ]

  private static let unwindingLost: [MachineRow] = [
    // Nobody is left to take it: another decode engine must tell prefill.
    Row(.unwindingLost, .prefillAnswered, .release(.clientGone), .end),
    Row(.unwindingLost, .prefillRejected, .dropped(.clientGone), .end),
    Row(.unwindingLost, .prefillFailed, .dropped(.clientGone), .end),
    Row(.unwindingLost, .prefillFailedWithAnswer, .dropped(.clientGone), .end),
    Row(.unwindingLost, .prefillFailedLast, .dropped(.clientGone), .end),
    Row(.unwindingLost, .prefillFailedNamed, .recall(.clientGone), .end),
    Row(.unwindingLost, .deadlinePassedNamed, .recall(.requestTimedOut), cancels: .prefill, .end),
    Row(.unwindingLost, .deadlinePassed, .makeSure(.requestTimedOut), cancels: .prefill, .end),
    Row(.unwindingLost, .routerStops, .makeSure(.routerStopping), cancels: .prefill, .end),
  ]

  private static let unwindingLingering: [MachineRow] = [
    Row(.unwindingLingering, .failedBroken, .none, .wait),
    Row(.unwindingLingering, .servingEnded, .dropped(.clientGone), .end),
    Row(.unwindingLingering, .refusedLate, .refusedLate, .end),
    Row(.unwindingLingering, .refusedLateMute, .none, .wait),
    Row(.unwindingLingering, .lingered, .makeSure(.clientGone), cancels: .serving, .end),
    Row(
      .unwindingLingering, .deadlinePassed, .makeSure(.requestTimedOut), cancels: .serving, .end),
    Row(.unwindingLingering, .routerStops, .makeSure(.routerStopping), cancels: .serving, .end),
  ]

  /// The pairs that end otherwise when no attempt is left.
  static let withoutAttempts: [MachineRow] = [
    Row(.choosingDecode, .choseDecode, .none, .startServing),
    Row(.choosingDecode, .handleWasLost, .none, .fail(.lost)),
    Row(.choosingDecodeTogether, .handleWasLost, .none, cancels: .prefill, .fail(.lost)),
    Row(.prefilling, .handleWasLost, .none, .fail(.lost)),
    Row(.prefilling, .prefillFailed, .abandon, .fail(.example)),
    Row(.prefilling, .prefillFailedWithAnswer, .abandon, .relayRejection),
    Row(.prefilling, .prefillFailedNamed, .recall(.prefillFailed), .fail(.example)),
    Row(.servingNone, .head429, .none, .relay),
    Row(.servingNone, .head500, .none, .relay),
    Row(.servingNone, .head503, .none, .relay),
    Row(.servingNone, .servingTimedOut, .none, cancels: .serving, .fail(.example)),
    Row(.servingNone, .failedUndelivered, .none, .fail(.example)),
    Row(.servingNone, .failedBroken, .none, .fail(.example)),
    Row(.servingHandle, .head429, .refused, .relay),
    Row(.servingHandle, .head500, .release(.decodeLost), .relay),
    Row(
      .servingHandle, .servingTimedOut, .makeSure(.requestTimedOut), cancels: .serving,
      .fail(.example)),
    Row(.servingHandle, .head503, .refused, .relay),
    Row(.servingHandle, .head503Mute, .release(.decodeRejected), .relay),
    Row(.servingHandle, .failedUndelivered, .release(.noDecodeWorker), .fail(.example)),
    Row(.servingHandle, .failedBroken, .release(.decodeLost), .fail(.example)),
    Row(
      .servingTogether, .prefillFailed, .dropped(.prefillFailed), cancels: .serving,
      .fail(.example)),
    Row(
      .servingTogether, .prefillFailedWithAnswer, .dropped(.prefillFailed), cancels: .serving,
      .relayRejection),
    Row(
      .servingTogether, .prefillFailedNamed, .recall(.prefillFailed), cancels: .serving,
      .fail(.example)),
    Row(.servingTogether, .head429, .refused, cancels: .prefill, .relay),
    Row(.servingTogether, .head500, .release(.decodeLost), cancels: .prefill, .relay),
    Row(
      .servingTogether, .servingTimedOut, .makeSure(.requestTimedOut), cancels: .both,
      .fail(.example)),
    Row(.servingTogether, .head503, .refused, cancels: .prefill, .relay),
    Row(.servingTogether, .head503Mute, .release(.decodeRejected), cancels: .prefill, .relay),
    Row(
      .servingTogether, .failedUndelivered, .release(.noDecodeWorker), cancels: .prefill,
      .fail(.example)),
    Row(
      .servingTogether, .failedBroken, .release(.decodeLost), cancels: .prefill, .fail(.example)),
    Row(.attachedNone, .failedBroken, .none, .fail(.example)),
    Row(.attachedNone, .servingTimedOut, .none, cancels: .serving, .fail(.example)),
    Row(.attachedHandle, .failedBroken, .release(.decodeLost), .fail(.example)),
    Row(
      .attachedHandle, .servingTimedOut, .makeSure(.requestTimedOut), cancels: .serving,
      .fail(.example)),
    Row(
      .attachedTogether, .servingTimedOut, .makeSure(.requestTimedOut), cancels: .both,
      .fail(.example)),
    Row(
      .attachedTogether, .prefillFailed, .dropped(.prefillFailed), cancels: .serving,
      .fail(.example)),
    Row(
      .attachedTogether, .prefillFailedWithAnswer, .dropped(.prefillFailed), cancels: .serving,
      .relayRejection),
    Row(
      .attachedTogether, .prefillFailedNamed, .recall(.prefillFailed), cancels: .serving,
      .fail(.example)),
    Row(
      .attachedTogether, .failedBroken, .release(.decodeLost), cancels: .prefill,
      .fail(.example)),
  ]
}
