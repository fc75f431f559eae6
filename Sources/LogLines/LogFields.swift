internal import JSONFields
public import Vocabulary

/// The `key=value` part of one log record, written as the log's format has it.
///
/// One buffer that is used again and again: adding a field allocates nothing once it has grown.
/// Keys are ours (plain words); values may be anything. Numbers are numbers in JSON.
public struct LogFields: ~Copyable {
  /// The format.
  public let format: LogFormat
  private var text: ByteBuffer

  /// No fields, to be written as `format` has them.
  public init(_ format: LogFormat) {
    self.format = format
    text = ByteBuffer(capacity: 1024)
  }

  /// What `LogLine` joins to a message: each field with the separator before it.
  public var bytes: UnsafeRawBufferPointer { text.bytes }

  /// Forgets the fields; keeps a small buffer.
  public mutating func removeAll() {
    text.removeAll(keepingCapacityUpTo: 4096)
  }

  /// Adds a text, which may hold any bytes.
  public mutating func add(_ key: String, _ value: UnsafeRawBufferPointer) {
    begin(key)
    switch format {
    case .text: LogValue.append(value, to: &text)
    case .json: text.append(jsonString: value)
    }
  }

  /// Adds a text.
  public mutating func add(_ key: String, _ value: String) {
    var value = value
    value.withUTF8 { add(key, UnsafeRawBufferPointer($0)) }
  }

  /// Adds a word of ours.
  public mutating func add(_ key: String, _ word: StaticString) {
    add(key, UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  /// Adds a whole number.
  public mutating func add(_ key: String, number: Int) {
    begin(key)
    text.append(decimal: number)
  }

  /// Adds a time in milliseconds with three decimals; rounded towards zero.
  public mutating func add(_ key: String, milliseconds time: Duration) {
    begin(key)
    text.append(milliseconds: time)
  }

  private mutating func begin(_ key: String) {
    switch format {
    case .text:
      text.append(UInt8(ascii: " "))
      text.append(key)
      text.append(UInt8(ascii: "="))
    case .json:
      text.append(",\"")
      text.append(key)
      text.append("\":")
    }
  }
}

extension ByteBuffer {
  /// Appends a time in milliseconds with three decimals, rounded towards zero.
  public mutating func append(milliseconds time: Duration) {
    let microseconds = Int(time.wholeNanoseconds / 1000)
    if microseconds < 0 { append(UInt8(ascii: "-")) }
    let size = microseconds.magnitude
    append(decimal: Int(size / 1000))
    append(UInt8(ascii: "."))
    append(decimal: Int(size % 1000), width: 3)
  }

  /// Appends a number that is not negative, with leading zeros up to `width` digits.
  mutating func append(decimal number: Int, width: Int) {
    precondition(number >= 0 && width > 0)
    var bound = 10
    for _ in 1..<width {
      if number < bound { append(UInt8(ascii: "0")) }
      bound *= 10
    }
    append(decimal: number)
  }
}
