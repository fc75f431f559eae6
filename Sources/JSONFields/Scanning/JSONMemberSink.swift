/// Who is told the members of an object, in order.
protocol JSONMemberSink {
  /// One member; `base` is the start of the text. Throws to end the scan.
  mutating func take(_ member: JSONMember, base: UnsafeRawPointer) throws(JSONError)
}
