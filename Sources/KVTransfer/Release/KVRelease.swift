internal import JSONFields
public import Vocabulary

/// The request that gives an unused handle back: its path and its body. Pure.
///
/// Who it is sent to follows from the means: a decode engine for a rejection and an attachment,
/// both engines for an abort. A rejection is answered 404 and an attachment 200 with one token of
/// no meaning; both answers are dropped.
public enum KVRelease {
  /// The path it is posted to; `chat` for a handle that a chat's prefill made.
  ///
  /// Only an attachment must use the endpoint of its prefill leg, which is part of the name the
  /// engines meet under; the others may.
  public static func path(means: KVReleaseMeans, chat: Bool) -> StaticString {
    switch means {
    case .rejection, .attachment: chat ? "/v1/chat/completions" : "/v1/completions"
    case .abortRequest: "/abort_request"
    }
  }

  /// Appends the body that gives back the handle with these `parameters`, which are a connector's.
  ///
  /// `model` is the JSON string of the request's model as the client wrote it, or empty; only an
  /// attachment uses it. `number` makes the name of a model that no engine has.
  public static func appendBody(
    means: KVReleaseMeans, parameters: UnsafeRawBufferPointer, model: UnsafeRawBufferPointer,
    number: (high: UInt64, low: UInt64), chat: Bool, to target: inout ByteBuffer
  ) {
    switch means {
    case .abortRequest:
      target.append("{\"rid\":")
      appendName(in: parameters, to: &target)
      target.append(UInt8(ascii: "}"))
      return
    case .rejection:
      target.append("{\"model\":\"__release__")
      HandOverName.appendDigits(of: number, to: &target)
      target.append("\",")
    case .attachment:
      target.append(UInt8(ascii: "{"))
      appendModel(model, to: &target)
    }
    // The smallest request that passes validation: one that does not frees nothing.
    target.append(
      chat ? "\"messages\":[{\"role\":\"user\",\"content\":\"0\"}]" : "\"prompt\":[0]")
    target.append(",\"max_tokens\":1,\"kv_transfer_params\":")
    appendHandle(parameters, to: &target)
    target.append(UInt8(ascii: "}"))
  }

  private static func appendModel(
    _ model: UnsafeRawBufferPointer, to target: inout ByteBuffer
  ) {
    // Without a model an engine takes its own.
    guard !model.isEmpty else { return }
    precondition(model.count >= 2 && model[0] == UInt8(ascii: "\""), "a model is a JSON string")
    target.append("\"model\":")
    target.append(model)
    target.append(UInt8(ascii: ","))
  }

  /// Appends `parameters` without the prompt's token ids: the engine would compute that prompt.
  private static func appendHandle(
    _ parameters: UnsafeRawBufferPointer, to target: inout ByteBuffer
  ) {
    do throws(JSONError) {
      let fields = try JSONFields(validating: parameters)
      var edits = BodyEdits()
      edits.remove(.promptTokenIds)
      edits.apply(to: fields, of: parameters).append(to: &target, of: parameters)
    } catch {
      // Valid, so they only repeat names beyond the limit of edits: they go as they are.
      target.append(parameters)
    }
  }

  private static func appendName(
    in parameters: UnsafeRawBufferPointer, to target: inout ByteBuffer
  ) {
    do throws(JSONError) {
      let fields = try JSONFields(validating: parameters)
      guard let name = fields[.rid] else { preconditionFailure("its parameters hold a rid") }
      target.append(UnsafeRawBufferPointer(rebasing: parameters[name.range]))
    } catch {
      preconditionFailure("the parameters were written by a connector: \(error)")
    }
  }
}
