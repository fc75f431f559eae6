internal import JSONFields
internal import KVTransfer
internal import Vocabulary

/// The answer to `GET /pd/handles`: every live KV handle, oldest first, with totals.
enum HandleListing {
  /// Most handles shown one by one; the answer says how many more there are.
  static let limit = 1000

  /// The handles of all loops together.
  static func append(
    _ inventory: HandleInventory, registry: WorkerRegistry, to body: inout ByteBuffer
  ) {
    body.append("{\"handles\":[")
    for (place, row) in inventory.rows.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      append(row, registry: registry, to: &body)
    }
    body.append("],\"total\":")
    body.append(decimal: inventory.total)
    body.append(",\"more\":")
    body.append(decimal: inventory.total - inventory.rows.count)
    body.append(",\"parameter_bytes\":")
    body.append(decimal: inventory.parameterBytes)
    body.append(",\"stages\":{")
    for stage in KVHandleStage.allCases where stage != .ended {
      if stage.rawValue > 0 { body.append(UInt8(ascii: ",")) }
      body.append("\"")
      body.append(stage.name)
      body.append("\":")
      body.append(decimal: inventory.stageCounts[Int(stage.rawValue)])
    }
    body.append("}}")
  }

  private static func append(
    _ row: HandleInventory.Row, registry: WorkerRegistry, to body: inout ByteBuffer
  ) {
    body.append("{\"handle\":\"\(row.listing.id)\",\"loop\":")
    body.append(decimal: row.loop)
    body.append(",\"stage\":\"")
    body.append(row.listing.stage.name)
    body.append("\",\"is_empty\":")
    body.append(row.listing.isEmpty ? "true" : "false")
    body.append(",\"prefill\":")
    append(row.listing.prefillWorker, registry: registry, to: &body)
    body.append(",\"decode\":")
    append(row.listing.decodeWorker, registry: registry, to: &body)
    body.append(",\"age_ms\":")
    body.append(decimal: Int(row.age.wholeNanoseconds / 1_000_000))
    body.append(",\"lease_left_ms\":")
    if let left = row.leaseLeft {
      body.append(decimal: Int(left.wholeNanoseconds / 1_000_000))
    } else {
      body.append("null")
    }
    body.append(",\"parameter_bytes\":")
    body.append(decimal: row.listing.parameterByteCount)
    body.append("}")
  }

  /// The worker's URL; its number when it left too long ago.
  private static func append(
    _ id: WorkerID?, registry: WorkerRegistry, to body: inout ByteBuffer
  ) {
    guard let id else {
      body.append("null")
      return
    }
    body.append(jsonString: registry.worker(id)?.url.text ?? id.description)
  }
}
