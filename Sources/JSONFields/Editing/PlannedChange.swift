/// One change of one field, as planned.
struct PlannedChange {
  /// What is to be done with the field.
  enum Action {
    case set, setIfPresent, remove
  }

  let key: JSONFields.Key
  let action: Action
  /// Where the field is when it is inside a nested object; nil for the top level.
  let nested: FieldPlace?
  /// The new member in the plan's texts: comma, name, colon, value.
  let member: Range<Int>
  /// Where the value starts in the plan's texts.
  let value: Int

  /// Whether `other` is about the same field of the same object.
  func isSameField(as other: PlannedChange) -> Bool {
    key == other.key && nested?.objectEnd == other.nested?.objectEnd
  }

  /// What the change does to the body, given where the field is; nil when it does nothing.
  func splice(at place: FieldPlace) -> Splice? {
    let isPresent = place.slot.kind != nil
    switch action {
    case .set where !isPresent:
      return .addition(before: place.objectEnd - 1, member: member)
    case .set, .setIfPresent:
      return isPresent
        ? .replacement(of: place.slot.value, value: value..<member.upperBound) : nil
    case .remove:
      return isPresent ? .removal(of: place.slot) : nil
    }
  }
}
