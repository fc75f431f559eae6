/// The exporter's answer to a `SideChannelMessage`.
package enum SideChannelReply: Hashable, Sendable {
  /// What the blocks hold now, in the order asked.
  case content([TokenDigest])
  /// Nothing to say.
  case done
  /// Another engine lives here now, or a block id outside its pool was asked for.
  case refused(String)
}
