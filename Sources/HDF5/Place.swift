import CHDF5

/// Where an operation is at work, for its errors.
struct Place {
  var file: String
  var path: String?

  /// An error of our own checks, about which libhdf5 has nothing to say.
  func error(
    _ code: HDF5Error.Code, _ message: String, expected: String? = nil, found: String? = nil
  ) -> HDF5Error {
    HDF5Error(code, file: file, path: path, message, expected: expected, found: found)
  }

  /// The error of the call that has just failed, with libhdf5's account of it. Call it while still holding the lock.
  func failure(_ code: HDF5Error.Code, _ message: String) -> HDF5Error {
    let stack = ErrorStack.current()
    var error = HDF5Error(code, file: file, path: path, message, libraryStack: stack.lines)
    guard let reason = stack.systemMessage else { return error }
    error.message += ": " + reason
    if stack.mentions("errno = 28") || stack.mentions("errno = 122") { error.code = .outputFull }
    return error
  }

  /// A handle, or the error of the call that should have made it.
  func handle(_ id: hid_t, _ code: HDF5Error.Code, _ message: String) throws -> Handle {
    guard id >= 0 else { throw failure(code, message) }
    return Handle(owning: id)
  }

  /// A handle, or the error of a file that does not make sense.
  func handle(_ id: hid_t, _ message: String) throws -> Handle { try handle(id, .damaged, message) }

  /// Passes a status that is not negative.
  func check(_ status: herr_t, _ code: HDF5Error.Code, _ message: String) throws {
    guard status >= 0 else { throw failure(code, message) }
  }

  /// Passes a status that is not negative; otherwise the file does not make sense.
  func check(_ status: herr_t, _ message: String) throws { try check(status, .damaged, message) }
}

/// What libhdf5 says about this thread's last failing call.
struct ErrorStack {
  var lines: [String] = []

  static func current() -> ErrorStack {
    var stack = ErrorStack()
    _ = withUnsafeMutablePointer(to: &stack) { pointer in
      H5Ewalk2(
        chdf5_default_error_stack(), H5E_WALK_DOWNWARD,
        { depth, entry, context in
          guard depth < 64, let entry, let stack = context?.assumingMemoryBound(to: ErrorStack.self) else { return 0 }
          let function = entry.pointee.func_name.map { String(cString: $0) } ?? "?"
          let text = entry.pointee.desc.map { String(cString: $0) } ?? ""
          stack.pointee.lines.append(function + ": " + text)
          return 0
        }, pointer)
    }
    return stack
  }

  func mentions(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

  /// The operating system's reason, where libhdf5 passes one on.
  var systemMessage: String? {
    let key = "error message = '"
    for line in lines.reversed() {
      guard let start = line.range(of: key) else { continue }
      return String(line[start...].prefix { $0 != "'" })
    }
    return nil
  }
}

extension String {
  /// The index after the first occurrence of a text. (Foundation's search, without Foundation.)
  fileprivate func range(of text: String) -> Index? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
