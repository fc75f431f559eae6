internal import JSONFields
internal import Policies
internal import Vocabulary
internal import Wire

// Which model a request asks for, and what is done when nobody is known to serve it.
extension Request {
  /// Notes the model that the request asks for, so that only workers that serve it are chosen.
  ///
  /// Bodies that are passed on unread are looked at only where it makes a difference.
  func readModel(_ exchange: Exchange) {
    if let fields {
      traits.askedModel = fields[.model].flatMap {
        router.modelNames.number(at: $0, of: exchange.body.bytes)
      }
    } else if !exchange.body.bytes.isEmpty, router.workers.areMixed() {
      let name = PassedModel.find(in: exchange, unloads: endpoint == .unloadAdapter)
      traits.askedModel = name.flatMap { router.workers.isNobodys($0) ? nil : $0 }
    }
  }

  /// Chooses workers, once it is known that somebody serves the model: engines are asked again
  /// before a client hears that there is none, since an adapter may have been loaded a moment ago.
  func chooseForModel() {
    guard isOfUnknownModel else { return perform(RequestAction(step: .choose)) }
    modelWait += 1
    let wait = modelWait
    let isAsked = router.modelRefresh.ask { [self] in
      // Otherwise its client has left, or its time was over.
      if modelWait == wait { modelsAreKnown() }
    }
    if !isAsked { refuseModel() }
  }

  /// Nothing is waited for any more.
  func endModelWait() {
    modelWait += 1
  }

  private func modelsAreKnown() {
    endModelWait()
    if isOfUnknownModel { refuseModel() } else { perform(RequestAction(step: .choose)) }
  }

  private var isOfUnknownModel: Bool {
    guard let name = traits.askedModel, endpoint.readsBody, router.pinnedPair == nil else {
      return false
    }
    return router.workers.isNobodys(name)
  }

  /// Tells the client what vLLM would (0.32, `NotFoundError`), with OpenAI's code.
  private func refuseModel() {
    guard let exchange, let span = fields?[.model],
      let name = JSONValue(at: span, of: exchange.body.bytes).string
    else { preconditionFailure("an unknown model has a name") }
    let shown = name.utf8.count > 256 ? "\(name.prefix(64))…" : name
    perform(
      machine.refused(
        RouterError(
          .unknownModel, origin: .client, message: "The model `\(shown)` does not exist.")))
  }
}
