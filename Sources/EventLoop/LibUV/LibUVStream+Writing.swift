internal import CLibUV
internal import Glibc
internal import Vocabulary

// Bytes leave in two ways: gathered in `pending` until the wake-up ends (`settle`), or, when large
// and nothing is in the way, straight from the writer's memory. What the kernel does not take at
// once becomes `inFlight`, one libuv write request; until it is done, everything waits behind it.
extension LibUVStream {
  var bufferedByteCount: Int {
    guard phase == .connecting || phase == .open else { return 0 }
    return pending.count + (isWriting ? Int(tcp.pointer.pointee.write_queue_size) : 0)
  }

  func write(_ bytes: UnsafeRawBufferPointer) {
    if gathersQuietly(bytes.count), let source = bytes.baseAddress {
      return makeRoom(bytes.count).copyMemory(from: source, byteCount: bytes.count)
    }
    guard acceptsWrites, bytes.count > 0 else { return }
    if bytes.count > LibUVStream.directThreshold, canOffer {
      var piece = bytes
      withUnsafePointer(to: &piece) {
        writeDirectly(UnsafeBufferPointer(start: $0, count: 1))
      }
    } else {
      gather(bytes)
    }
    didQueue()
  }

  func write(gathering pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    var total = 0
    for piece in pieces { total &+= piece.count }
    if gathersQuietly(total) {
      var place = makeRoom(total)
      for piece in pieces {
        guard let source = piece.baseAddress else { continue }
        place.copyMemory(from: source, byteCount: piece.count)
        place += piece.count
      }
      return
    }
    guard acceptsWrites, total > 0 else { return }
    if total > LibUVStream.directThreshold, canOffer {
      writeDirectly(pieces)
    } else {
      for piece in pieces { gather(piece) }
    }
    didQueue()
  }

  func writeThrough(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard acceptsWrites, canOffer, pending.isEmpty, bytes.count > 0 else {
      write(bytes)
      return bufferedByteCount
    }
    guard let taken = offerNow(bytes) else { return 0 }
    if taken == bytes.count { return 0 }
    gather(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
    startWriting()
    didQueue()
    return bufferedByteCount
  }

  func flush() {
    guard canOffer else { return }
    offerPending()
    touchIfDrained()
  }

  func finishWriting() {
    guard acceptsWrites else { return }
    acceptsWrites = false
    touch()
  }

  func closeAfterFlush() {
    guard phase == .connecting || phase == .open, !closesWhenFlushed else { return }
    if phase == .connecting, pending.isEmpty { return close() }
    acceptsWrites = false
    closesWhenFlushed = true
    let timer = uvLoop.makeTimer()
    lingerTimer = timer
    timer.arm(after: options.lingerTimeout, for: self)
    touch()
  }

  /// Its turn at the end of a wake-up.
  func settle() {
    isTouched = false
    offerAndTell()
  }

  /// From the loop only: offers what was gathered and tells what came of it.
  private func offerAndTell() {
    if canOffer, !pending.isEmpty { offerPending() }
    tellDrain()
    advanceEnding()
  }

  /// Whether the socket may be offered bytes now.
  private var canOffer: Bool { phase == .open && !isWriting }
}

// MARK: - Gathering

extension LibUVStream {
  func touch() {
    guard !isTouched, phase == .connecting || phase == .open else { return }
    isTouched = true
    uvLoop.touch(self)
  }

  /// Whether all there is to a write of `count` bytes is to gather them: most writes are small, and
  /// nothing is on its way.
  @inline(__always)
  private func gathersQuietly(_ count: Int) -> Bool {
    acceptsWrites && phase == .open && !isWriting && count > 0
      && count <= LibUVStream.directThreshold && count &+ pending.count <= quietByteCount
  }

  /// Room for `count` bytes that are to be gathered, on a stream that is open.
  @inline(__always)
  private func makeRoom(_ count: Int) -> UnsafeMutableRawPointer {
    if pending.capacity == 0 { pending = uvLoop.buffers.take() }
    if !isTouched {
      isTouched = true
      uvLoop.touch(self)
    }
    return pending.appendUninitialized(count)
  }

  private func gather(_ bytes: UnsafeRawBufferPointer) {
    if pending.capacity == 0 { pending = uvLoop.buffers.take() }
    pending.append(bytes)
  }

  /// After every write: watermark, memory, and a place at the end of the wake-up.
  private func didQueue() {
    guard phase == .connecting || phase == .open else { return }
    if pending.isEmpty, !isWriting { return }
    if bufferedByteCount > options.highWatermark { isAboveHighWatermark = true }
    if pending.count >= LibUVStream.earlyFlush, canOffer {
      offerPending()
      touchIfDrained()
    }
    if !pending.isEmpty, !isWriting { touch() }
  }

  /// News of a drain must come from the loop: the writer may be below us on the stack.
  private func touchIfDrained() {
    if isAboveHighWatermark, bufferedByteCount <= options.lowWatermark { touch() }
  }

  private func tellDrain() {
    guard isAboveHighWatermark, phase == .open, bufferedByteCount <= options.lowWatermark
    else { return }
    isAboveHighWatermark = false
    if acceptsWrites { handler?.streamDidDrain(self) }
  }
}

// MARK: - To the socket

extension LibUVStream {
  private func offerPending() {
    guard pending.count > 0, let taken = offerNow(pending.bytes) else { return }
    pending.removeFirst(taken)
    settlePending()
  }

  /// `[pending + pieces]` in as few `writev`s as their number needs, without a copy.
  private func writeDirectly(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    var next = 0
    while next < pieces.count {
      var entries = 0
      var offered = 0
      if !pending.isEmpty { add(pending.bytes, &entries, &offered) }
      let first = next
      while next < pieces.count, entries < LibUVLoop.vectorCapacity {
        if pieces[next].count > 0 { add(pieces[next], &entries, &offered) }
        next += 1
      }
      guard let taken = offer(entries) else { return }
      if taken < offered {
        keep(pieces[first...], after: taken)
        break
      }
      pending.removeAll()
    }
    settlePending()
  }

  private func add(_ bytes: UnsafeRawBufferPointer, _ entries: inout Int, _ offered: inout Int) {
    let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress!)
    uvLoop.vector[entries] = uv_buf_t(
      base: base.assumingMemoryBound(to: CChar.self), len: bytes.count)
    entries += 1
    offered += bytes.count
  }

  /// Queues what remains of `pending` and `pieces` when `taken` bytes of them have left.
  private func keep(_ pieces: Slice<UnsafeBufferPointer<UnsafeRawBufferPointer>>, after taken: Int)
  {
    var gone = min(taken, pending.count)
    pending.removeFirst(gone)
    gone = taken - gone
    for piece in pieces {
      let skipped = min(gone, piece.count)
      gone -= skipped
      if skipped < piece.count { gather(UnsafeRawBufferPointer(rebasing: piece[skipped...])) }
    }
    precondition(gone == 0, "more bytes left than were offered")
  }

  /// Offers the first `entries` of the loop's vector; how many bytes left, nil when the stream
  /// broke.
  private func offer(_ entries: Int) -> Int? {
    uvLoop.counters.flushes &+= 1
    let status = uv_try_write(tcp.stream, uvLoop.vector, UInt32(entries))
    if status >= 0 { return Int(status) }
    if status == UV_EAGAIN.rawValue { return 0 }
    fail(.connectionBroken(detail: UVError.name(status)))
    return nil
  }

  /// Offers `bytes`, before which libuv has nothing to write, so that this is all that
  /// `uv_try_write` would do; how many left, nil when the stream broke.
  @inline(__always)
  private func offerNow(_ bytes: UnsafeRawBufferPointer) -> Int? {
    uvLoop.counters.flushes &+= 1
    let taken = send(
      tcp.pointer.pointee.io_watcher.fd, bytes.baseAddress, bytes.count,
      Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    if taken >= 0 { return taken }
    switch errno {
    case EAGAIN, EINTR, ENOBUFS: return 0
    default:
      fail(.connectionBroken(detail: UVError.name(errno: errno)))
      return nil
    }
  }

  /// After an offer: gives an empty buffer back, or lets libuv wait for room for the rest.
  private func settlePending() {
    if pending.isEmpty {
      uvLoop.buffers.giveBack(&pending)
    } else {
      startWriting()
    }
  }

  private func startWriting() {
    precondition(!isWriting && inFlight.isEmpty)
    swap(&pending, &inFlight)
    isWriting = true
    let request = writeRequest ?? UVHandle<uv_write_t>()
    writeRequest = request
    var buffer = uv_buf_t(
      base: inFlight.mutableBytes.baseAddress!.assumingMemoryBound(to: CChar.self),
      len: inFlight.count)
    // The request's link is its handle's, which lives until the handle is closed.
    let status = uv_write(request.pointer, tcp.stream, &buffer, 1) { request, status in
      UVLink.owner(request!.pointee.handle.pointee.data, as: LibUVStream.self) {
        $0.didWrite(status)
      }
    }
    if status != 0 {
      isWriting = false
      fail(.connectionBroken(detail: UVError.name(status)))
    }
  }

  private func didWrite(_ status: Int32) {
    guard phase == .open else { return }
    isWriting = false
    uvLoop.buffers.giveBack(&inFlight)
    if status == 0 {
      offerAndTell()
    } else {
      fail(.connectionBroken(detail: UVError.name(status)))
    }
  }
}

// MARK: - Ending

extension LibUVStream: LoopTimerHandler {
  /// The linger time is over: the peer did not take, or did not end, what it should have.
  func timerDidFire(_ timer: any LoopTimer) {
    close()
  }

  /// Sends our end once everything has left; closes once the peer has ended too.
  private func advanceEnding() {
    guard phase == .open, !acceptsWrites, pending.isEmpty, !isWriting else { return }
    if !didFinishWriting {
      didFinishWriting = true
      // libuv has nothing queued, so this is all that uv_shutdown would do, a poll earlier.
      let status = shutdown(UVLink.descriptor(of: tcp.base), Int32(SHUT_WR))
      if status != 0, errno != ENOTCONN {
        return fail(.connectionBroken(detail: UVError.name(errno: errno)))
      }
    }
    guard closesWhenFlushed else { return }
    if didReadEnd { return close() }
    resumeReading()
  }
}
