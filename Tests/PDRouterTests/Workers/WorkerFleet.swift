import Vocabulary

@testable import PDRouter

/// A registry with workers of the roles given, called `http://w0:8000`, `http://w1:8000`, …;
/// `details` says more of each by its number.
func makeRegistry(
  _ roles: [Role], details: [Int: WorkerDetails] = [:], key: WorkerKey? = nil
) -> WorkerRegistry {
  let registry = WorkerRegistry(key: key)
  for (number, role) in roles.enumerated() {
    guard let url = try? WorkerURL("http://w\(number):8000") else { preconditionFailure() }
    registry.add(url, role: role, details: details[number] ?? WorkerDetails())
  }
  return registry
}
