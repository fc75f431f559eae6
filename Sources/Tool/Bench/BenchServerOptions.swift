internal import ArgumentParser
internal import Bench
internal import Glibc
internal import PDRouter
internal import Vocabulary
internal import Wire

/// Whom `vllm-router bench` asks, and in which form.
struct BenchServerOptions: ParsableArguments {
  @Option(help: "The server, as http://HOST:PORT or https://HOST:PORT, perhaps with a path.")
  var baseUrl: String?

  @Option(help: "The server's host, where there is no --base-url.")
  var host = "127.0.0.1"

  @Option(help: "The server's port, where there is no --base-url.")
  var port: UInt16 = 8000

  @Option(help: "/v1/completions or /v1/chat/completions.")
  var endpoint: String?

  @Option(help: "openai or vllm for completions, openai-chat for chat; follows --endpoint.")
  var backend: String?

  @Option(help: "The model asked for; without it, the first that the server lists.")
  var model: String?

  @Option(help: "A key sent as Authorization: Bearer; else OPENAI_API_KEY, where it is set.")
  var apiKey: String?

  @Option(
    parsing: .upToNextOption, help: "Header fields of every request, NAME=VALUE (several).")
  var header: [String] = []

  @Option(help: "Members added to every body, as a JSON object: '{\"temperature\":0}'.")
  var extraBody: String?

  @Option(help: "Sends X-Request-Id: this and the request's number.")
  var requestIdPrefix: String?

  @Flag(inversion: .prefixedNo, help: "Asks for streams; without, only whole times are known.")
  var stream = true

  @Flag(
    inversion: .prefixedNo,
    help: "Lets engines go on to the length asked for.")
  var ignoreEos = true

  @Option(help: "How prompts are written: tokens (ids; completions only) or words.")
  var promptForm: PromptForm?

  @Option(help: "Authorities (PEM) of an https server; else the system's.")
  var caCert: String?

  @Flag(help: "Takes any certificate of an https server.")
  var insecure = false

  /// Where requests go.
  struct Place {
    let url: WorkerURL
    let isChat: Bool
  }

  /// Server and endpoint.
  ///
  /// - Throws: what is wrong with them.
  func place() throws -> Place {
    let address = "\(HostAndPort(host: host, port: port))"
    let url: WorkerURL
    if let baseUrl, !baseUrl.hasPrefix("http://"), !baseUrl.hasPrefix("https://") {
      throw ValidationError("--base-url '\(baseUrl)' begins with neither http:// nor https://")
    }
    do throws(WorkerURL.Fault) {
      url = try WorkerURL(baseUrl ?? "http://\(address)")
    } catch {
      throw ValidationError("--base-url \(error.message)")
    }
    guard url.rank == nil else { throw ValidationError("--base-url has no rank and no user") }
    let path = endpoint ?? (backend == "openai-chat" ? "/v1/chat/completions" : "/v1/completions")
    let isChat = path.hasSuffix("/chat/completions")
    guard isChat || path.hasSuffix("/completions"), path.hasPrefix("/"),
      path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw ValidationError("--endpoint is a path that ends with /completions or /chat/completions")
    }
    switch backend {
    case nil: break
    case "openai-chat":
      guard isChat else { throw ValidationError("--backend openai-chat needs a chat --endpoint") }
    case "openai", "vllm":
      guard !isChat else { throw ValidationError("a chat --endpoint is --backend openai-chat") }
    case let other?:
      throw ValidationError("--backend \(other) is none of openai, openai-chat, vllm")
    }
    return Place(url: url, isChat: isChat)
  }

  /// What requests have in common.
  ///
  /// - Throws: what is wrong with the options.
  func shape() throws -> RequestShape {
    let place = try place()
    var shape = RequestShape()
    shape.host = "\(place.url.peer)"
    let path = endpoint ?? (place.isChat ? "/v1/chat/completions" : "/v1/completions")
    shape.path = place.url.pathPrefix + path
    let root = path.dropLast(place.isChat ? "/chat/completions".count : "/completions".count)
    shape.modelsPath = place.url.pathPrefix + root + "/models"
    shape.endpoint = place.isChat ? .chat : .completions
    shape.model = model ?? ""
    shape.form = promptForm ?? (place.isChat ? .words : .tokens)
    guard !(place.isChat && shape.form == .tokens) else {
      throw ValidationError("--prompt-form tokens is for completions: chat has messages of words")
    }
    shape.streams = stream
    shape.ignoresEnd = ignoreEos
    shape.requestIDPrefix = requestIdPrefix
    shape.fields = try fields()
    shape.extraMembers = try extraMembers()
    return shape
  }

  private func fields() throws -> [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = []
    let key = apiKey ?? getenv("OPENAI_API_KEY").map { String(cString: $0) }
    if let key, !key.isEmpty { fields.append(("Authorization", "Bearer \(key)")) }
    for text in header {
      guard let mark = text.firstIndex(of: "=") else {
        throw ValidationError("--header '\(text)' is not NAME=VALUE")
      }
      fields.append((String(text[..<mark]), String(text[text.index(after: mark)...])))
    }
    for (name, value) in fields + [("X-Request-Id", requestIdPrefix ?? "")] {
      let isName = Array(name.utf8).withUnsafeBytes { !$0.isEmpty && FieldText.isName($0) }
      let isValue = Array(value.utf8).withUnsafeBytes { FieldText.isValid($0) }
      guard isName, isValue else {
        throw ValidationError("the header field '\(name)' has characters that no field can have")
      }
    }
    return fields
  }

  private func extraMembers() throws -> String {
    guard let extraBody else { return "" }
    guard let members = RequestShape.members(of: extraBody) else {
      throw ValidationError("--extra-body is not a JSON object")
    }
    return members
  }

  /// TLS towards the server, where it is at https.
  ///
  /// - Throws: what is wrong with the file of authorities.
  func security() throws -> TransportSecurity? {
    guard try place().url.scheme == .https else { return nil }
    var settings = TLSSettings()
    settings.workerAuthoritiesPath = insecure ? nil : caCert
    settings.acceptsAnyWorker = insecure
    settings.offersWorkersHTTP2 = false
    do throws(ConfigurationFaults) {
      return try TransportSecurity(settings)
    } catch {
      // The router's flag for the same file.
      let name = "--worker-ca-path"
      let sentences = error.sentences.map { sentence in
        sentence.hasPrefix(name) ? "--ca-cert" + sentence.dropFirst(name.count) : sentence
      }
      throw BenchFault(sentences.joined(separator: "\n"))
    }
  }

  func validate() throws {
    _ = try shape()
  }
}

extension PromptForm: ExpressibleByArgument {}
