/// Why a request was not let in: labels of `vllm_router_queue_refused_total`.
enum AdmissionRefusal: String, CaseIterable {
  /// All slots were in use, and as many waited as may.
  case full
  /// It waited longer than it may.
  case timeout
  /// The rate was used up, and as many waited as may.
  case rate
  /// Its client left while it waited.
  case clientGone = "client_gone"
  /// The router stopped while it waited.
  case shutdown

  /// Its counter's place.
  var place: Int {
    switch self {
    case .full: 0
    case .timeout: 1
    case .rate: 2
    case .clientGone: 3
    case .shutdown: 4
    }
  }
}
