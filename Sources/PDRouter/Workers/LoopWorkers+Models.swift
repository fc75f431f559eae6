internal import Policies
internal import Vocabulary

// Several models behind one router: who may serve a request follows from the model it asks for.
extension LoopWorkers {
  /// The roster's row for the model that a request asks for; `ModelRoster.everybody` where any
  /// worker will do.
  func modelRow(of name: UInt64?) -> Int {
    guard let name, isMixed || !passesUnknownModels else { return ModelRoster.everybody }
    let place = roster.place(of: name) ?? roster.add(makeRow(name))
    return roster.rows[place].isEverybodys ? ModelRoster.everybody : place
  }

  /// Whether the workers do not all serve the same models.
  func areMixed() -> Bool {
    refresh()
    return isMixed
  }

  /// Whether all workers that may serve say which models they have, and none has that one.
  func isNobodys(_ name: UInt64) -> Bool {
    refresh()
    guard !passesUnknownModels else { return false }
    let place = roster.place(of: name) ?? roster.add(makeRow(name))
    return roster.rows[place].isNobodys
  }

  /// Notes whether the workers, who are others now, serve different models.
  func noteModels(of members: [Worker]) {
    roster.removeAll()
    let first = members.first?.models
    isMixed = members.contains { worker in
      guard let models = worker.models, let first else {
        return (worker.models == nil) != (first == nil)
      }
      return models !== first && !models.namesTheSame(as: first)
    }
  }

  private func makeRow(_ name: UInt64) -> ModelRoster.Row {
    let isListed = members.contains { $0.models?.lists(name) == true }
    func serves(_ worker: Worker) -> Bool {
      // One that has said nothing may serve anything.
      guard let models = worker.models else { return true }
      return models.lists(name) || !isListed && (models.takesOthers || passesUnknownModels)
    }
    let (prefills, servers) = (prefill.workers.map(serves), serving.workers.map(serves))
    let able = members.filter { $0.role != .prefill }
    return ModelRoster.Row(
      name: name,
      isEverybodys: prefills.allSatisfy { $0 } && servers.allSatisfy { $0 },
      isNobodys: !able.isEmpty && !able.contains(where: serves), prefill: prefills,
      serving: servers)
  }
}
