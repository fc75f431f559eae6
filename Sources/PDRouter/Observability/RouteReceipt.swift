internal import LogLines
internal import Vocabulary

/// The way of a request in one line: `prefill=…;decode=…;reason=…;queue_ms=…;…;attempts=…`.
///
/// What is known when the answer's head leaves; a fact that is not known, or not of this request,
/// is left out. Workers stand by their URLs, with `;` percent-encoded.
enum RouteReceipt {
  /// Appends the receipt of a request.
  static func append(_ record: borrowing RouteRecord, to text: inout ByteBuffer) {
    if let prefill = record.prefillWorker { append(.prefill, prefill, to: &text) }
    if let serving = record.servingWorker {
      append(record.prefillWorker == nil ? .worker : .decode, serving, to: &text)
      begin(.reason, &text)
      text.append(record.reason)
      text.append(UInt8(ascii: ";"))
    }
    append(.queueTime, record.queueTime, to: &text)
    append(.prefillTime, record.prefillTime, to: &text)
    append(.handOverTime, record.handOverTime, to: &text)
    begin(.attempts, &text)
    text.append(decimal: record.attempts)
  }

  private static func append(_ key: ReceiptKey, _ worker: Worker, to text: inout ByteBuffer) {
    begin(key, &text)
    var url = worker.url.text
    url.withUTF8 { bytes in
      for byte in bytes {
        if byte == UInt8(ascii: ";") { text.append("%3B") } else { text.append(byte) }
      }
    }
    text.append(UInt8(ascii: ";"))
  }

  private static func append(_ key: ReceiptKey, _ time: Duration?, to text: inout ByteBuffer) {
    guard let time else { return }
    begin(key, &text)
    text.append(milliseconds: time)
    text.append(UInt8(ascii: ";"))
  }

  private static func begin(_ key: ReceiptKey, _ text: inout ByteBuffer) {
    text.append(key.rawValue)
    text.append(UInt8(ascii: "="))
  }
}
