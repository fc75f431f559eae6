/// The facts of a route receipt, in the order in which they stand in `x-pd-route`.
enum ReceiptKey: String, CaseIterable {
  case worker = "worker"
  case prefill = "prefill"
  case decode = "decode"
  case reason = "reason"
  case queueTime = "queue_ms"
  case prefillTime = "prefill_ms"
  case handOverTime = "handover_ms"
  case attempts = "attempts"
}
