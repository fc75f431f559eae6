import Testing
import Vocabulary

struct ByteBufferTests {
  private func text(_ buffer: borrowing ByteBuffer) -> String {
    String(decoding: buffer.bytes, as: UTF8.self)
  }

  /// Numbers around each count of digits of `radix`.
  private static func numbers(_ radix: UInt) -> [UInt] {
    var numbers: [UInt] = [0, 1, UInt(Int.max) - 1, UInt(Int.max)]
    var power: UInt = 1
    while power <= UInt(Int.max) / radix {
      power *= radix
      numbers += [power - 1, power, power + 1]
    }
    return numbers
  }

  @Test func `numbers of every count of digits are written in decimal, with their sign`() {
    for number in ByteBufferTests.numbers(10).map({ Int($0) }) {
      for signed in [number, -number] {
        var buffer = ByteBuffer()
        buffer.append(decimal: signed)
        #expect(text(buffer) == "\(signed)")
      }
    }
    var buffer = ByteBuffer()
    buffer.append(decimal: .min)
    buffer.append(decimal: .max)
    #expect(text(buffer) == "\(Int.min)\(Int.max)")
  }

  @Test func `numbers of every count of digits are written in hexadecimal`() {
    for number in ByteBufferTests.numbers(16) + [.max] {
      var buffer = ByteBuffer()
      buffer.append(hexadecimal: number)
      #expect(text(buffer) == String(number, radix: 16))
    }
  }

  @Test func `a buffer that gave its memory back begins anew`() {
    var buffer = ByteBuffer(capacity: 10)
    buffer.append("abc")
    buffer.removeFirst(1)
    #expect(buffer.capacity == 10 && text(buffer) == "bc")
    buffer.removeAll(keepingCapacityUpTo: 9)
    #expect(buffer.isEmpty && buffer.capacity == 0)
    buffer.append("d")
    #expect(text(buffer) == "d")
  }
}
