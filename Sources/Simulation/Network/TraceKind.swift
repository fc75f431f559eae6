/// What a line of the trace is about.
enum TraceKind: UInt64 {
  case timer = 0x10
  case stream
  case turn
  case wake
  case signal
  case script
  case packet
  case held
  case read
}
