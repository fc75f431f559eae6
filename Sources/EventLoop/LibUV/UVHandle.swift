internal import CLibUV

/// A libuv handle or request on the heap, and its link to the Swift object that hears of it.
///
/// The only place where an object's reference goes through a C pointer. libuv keeps the address, so
/// the memory stays until the close callback (handles) or the request's callback calls `finish`.
/// `Raw` is a libuv struct; the first field of every one is `data`, which holds the link.
struct UVHandle<Raw> {
  /// What libuv's functions take.
  let pointer: UnsafeMutablePointer<Raw>

  /// Zeroed memory without a link.
  init() {
    pointer = .allocate(capacity: 1)
    UnsafeMutableRawPointer(pointer).initializeMemory(
      as: UInt8.self, repeating: 0, count: MemoryLayout<Raw>.size)
  }

  /// The handle as libuv's base type.
  var base: UnsafeMutablePointer<uv_handle_t> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: uv_handle_t.self)
  }

  /// The handle as libuv's stream type; only for handles that are streams.
  var stream: UnsafeMutablePointer<uv_stream_t> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: uv_stream_t.self)
  }

  /// Links to `owner` and keeps it alive until `finish`.
  func retain(_ owner: AnyObject) {
    UVLink.set(pointer, Unmanaged.passRetained(owner).toOpaque())
  }

  /// Links to `owner`, which promises to outlive the handle.
  func borrow(_ owner: AnyObject) {
    UVLink.set(pointer, Unmanaged.passUnretained(owner).toOpaque())
  }

  /// Frees the memory; only before libuv knows of it, or after it has let go.
  func free() {
    pointer.deallocate()
  }

  /// Closes a handle linked by `borrow`; nobody is told.
  func closeBorrowed() {
    uv_close(base) { $0?.deallocate() }
  }
}

/// The way from a C callback back to the object.
enum UVLink {
  /// The file descriptor of an open handle; -1 when it has none.
  static func descriptor(of handle: UnsafeMutablePointer<uv_handle_t>) -> Int32 {
    var descriptor: Int32 = -1
    return uv_fileno(handle, &descriptor) == 0 ? descriptor : -1
  }

  /// Calls `body` with the object that `data` links to, without retaining it.
  ///
  /// The link of a handle or request holds the object for the length of every callback.
  @inline(__always)
  static func owner<Owner: AnyObject, Result>(
    _ data: UnsafeMutableRawPointer?, as type: Owner.Type, _ body: (Owner) -> Result
  ) -> Result {
    Unmanaged<Owner>.fromOpaque(data!)._withUnsafeGuaranteedRef(body)
  }

  /// Frees the memory of a handle or request that was linked by `retain`; returns its owner.
  static func finish<Raw, Owner: AnyObject>(
    _ raw: UnsafeMutablePointer<Raw>?, as type: Owner.Type
  ) -> Owner {
    let data = UnsafeRawPointer(raw!).load(as: UnsafeMutableRawPointer?.self)
    raw!.deallocate()
    return Unmanaged<Owner>.fromOpaque(data!).takeRetainedValue()
  }

  fileprivate static func set(
    _ raw: UnsafeMutableRawPointer, _ data: UnsafeMutableRawPointer
  ) {
    raw.storeBytes(of: data, as: UnsafeMutableRawPointer?.self)
  }
}
