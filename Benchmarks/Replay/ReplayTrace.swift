internal import Glibc

/// Reads a trace in Mooncake's form: a JSON object a line, with `timestamp` in milliseconds,
/// `input_length`, `output_length` and `hash_ids`, one for each 512 tokens of the prompt.
///
/// Reads what that form has and no more of JSON: non-negative whole numbers after the fields'
/// names.
enum ReplayTrace {
  /// The requests of the file in order of arrival; nil when it cannot be read, or has a line
  /// without one of the fields.
  static func read(_ path: String) -> [ReplayRequest]? {
    guard let bytes = bytes(of: path) else { return nil }
    var requests: [ReplayRequest] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let arrival = numbers(after: "\"timestamp\"", in: line).first,
        let prompt = numbers(after: "\"input_length\"", in: line).first,
        let output = numbers(after: "\"output_length\"", in: line).first
      else { return nil }
      requests.append(
        ReplayRequest(
          arrival: Double(arrival) / 1000, promptTokens: max(1, prompt), outputTokens: output,
          blocks: numbers(after: "\"hash_ids\"", in: line)))
    }
    return requests.sorted { $0.arrival < $1.arrival }
  }

  /// The numbers of the field's value: those of its list, or the one number it is.
  private static func numbers(after name: StaticString, in line: ArraySlice<UInt8>) -> [Int] {
    let name = name.withUTF8Buffer { Array($0) }
    var place = line.startIndex
    while place + name.count <= line.endIndex, !line[place...].starts(with: name) { place += 1 }
    guard place + name.count <= line.endIndex else { return [] }
    var numbers: [Int] = []
    var number: Int?
    var isList = false
    for byte in line[(place + name.count)...] {
      if byte >= 0x30, byte <= 0x39 {
        number = (number ?? 0) &* 10 &+ Int(byte & 15)
        continue
      }
      if let complete = number { numbers.append(complete) }
      number = nil
      if byte == UInt8(ascii: "[") { isList = true }
      if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { break }
      if !isList, !numbers.isEmpty { break }
    }
    return numbers
  }

  private static func bytes(of path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&piece, 1, piece.count, file)
      if count == 0 { return ferror(file) == 0 ? bytes : nil }
      bytes += piece[..<count]
    }
  }
}
