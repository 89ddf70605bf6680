import CHDF5
import Glibc

extension Dataset {
  /// Reads all strings.
  ///
  /// - Parameter limit: The most strings to read. Their text may have 256 MiB altogether.
  /// - Throws: `HDF5Error` (`wrongType`, `tooLarge`, `refused`, `damaged`, `inputOutput`, `closed`).
  public func readStrings(limit: Int = 1 << 20) throws -> [String] {
    try locked {
      guard type == .string else {
        throw place.error(.wrongType, "does not hold strings", expected: "strings", found: "\(type)")
      }
      try requirePlausible()
      let total = try count(within: limit)
      guard total > 0 else { return [] }
      try requireWhole()
      let whole = chdf5_whole_space()
      let decoder = StringDecoder(stored: storedType.id)
      if decoder.isVariable {
        let arena = Arena(limit: 256 << 20)
        return try arena.withTransfer { transfer in
          var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: total)
          guard H5Dread(handle.id, decoder.memoryType.id, whole, whole, transfer, &pointers) >= 0 else {
            if arena.isExhausted { throw place.error(.tooLarge, "holds more than 256 MiB of text") }
            throw place.failure(.inputOutput, "the strings can't be read")
          }
          return pointers.map { $0.map { String(cString: $0) } ?? "" }
        }
      }
      guard let size = Extent.count([total, decoder.size]), size <= 256 << 20 else {
        throw place.error(.tooLarge, "holds more than 256 MiB of text")
      }
      var bytes = [UInt8](repeating: 0, count: size)
      try place.check(
        H5Dread(handle.id, decoder.memoryType.id, whole, whole, chdf5_default(), &bytes), .inputOutput,
        "the strings can't be read")
      return decoder.split(bytes)
    }
  }

  /// Writes all strings.
  ///
  /// - Throws: `HDF5Error` (`wrongShape` unless there are as many as elements, `wrongType`, `outputFull`,
  ///   `inputOutput`, `closed`).
  public func writeStrings(_ strings: [String]) throws {
    try locked {
      guard type == .string, StringDecoder(stored: storedType.id).isVariable else {
        throw place.error(.wrongType, "strings can't be written into \(type) elements")
      }
      guard strings.count == Extent.count(state.shape) else {
        throw place.error(
          .wrongShape, "other than \(strings.count) strings are needed", expected: "\(Extent.text(state.shape))")
      }
      guard !strings.isEmpty else { return }
      let whole = chdf5_whole_space()
      let status = withCStrings(strings) { H5Dwrite(handle.id, storedType.id, whole, whole, chdf5_default(), $0) }
      try place.check(status, .inputOutput, "the strings can't be written")
    }
  }

  /// Writes strings after the last one. The dataset must have been created as extendable, with one axis.
  ///
  /// - Throws: `HDF5Error` (`wrongShape`, `wrongType`, `cannotCreate` where the dataset can't grow, `outputFull`,
  ///   `inputOutput`, `closed`).
  public func append(strings: [String]) throws {
    try locked {
      guard type == .string, StringDecoder(stored: storedType.id).isVariable else {
        throw place.error(.wrongType, "strings can't be written into \(type) elements")
      }
      guard state.shape.count == 1, let before = state.shape.first else {
        throw place.error(.wrongShape, "strings are added along one axis", found: "\(Extent.text(state.shape))")
      }
      guard !strings.isEmpty else { return }
      try grow(by: strings.count)
      let spaces = try select(rows: before..<before + strings.count, count: strings.count)
      let status = withCStrings(strings) {
        H5Dwrite(handle.id, storedType.id, spaces.block, spaces.file, chdf5_default(), $0)
      }
      try place.check(status, .inputOutput, "the strings can't be written")
    }
  }
}

/// Calls back with the strings as libhdf5 takes those of variable length.
func withCStrings<Result>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
  let copies = strings.map { string in
    let bytes = string.utf8CString
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes)
    return copy
  }
  defer { copies.forEach { $0.deallocate() } }
  let pointers = copies.map { UnsafePointer($0.baseAddress) }
  return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
}

/// How stored strings become Swift's. Only used while holding the library's lock.
struct StringDecoder {
  let isVariable: Bool
  /// Bytes of each string of fixed length.
  let size: Int
  let memoryType: Handle
  private let padding: H5T_str_t

  init(stored type: hid_t) {
    isVariable = H5Tis_variable_str(type) > 0
    size = H5Tget_size(type)
    padding = H5Tget_strpad(type)
    if isVariable {
      memoryType = Handle(owning: H5Tcopy(chdf5_c_string()))
      H5Tset_size(memoryType.id, chdf5_variable_length())
      H5Tset_cset(memoryType.id, H5Tget_cset(type))
    } else {
      memoryType = Handle(owning: H5Tcopy(type))
    }
  }

  /// The strings of fixed length that lie one after the other.
  func split(_ bytes: [UInt8]) -> [String] {
    guard size > 0 else { return [] }
    return stride(from: 0, through: bytes.count - size, by: size).map { start in
      var field = bytes[start..<start + size]
      if let end = field.firstIndex(of: 0) { field = field[..<end] }
      if padding == H5T_STR_SPACEPAD {
        while field.last == UInt8(ascii: " ") { field.removeLast() }
      }
      return String(decoding: field, as: UTF8.self)
    }
  }
}

/// Memory that libhdf5 reads strings into, up to a limit: many references to one long string would have no end.
private final class Arena {
  private var blocks: Set<UnsafeMutableRawPointer> = []
  private var left: Int
  private(set) var isExhausted = false

  init(limit: Int) { left = limit }

  func withTransfer<Result>(_ body: (hid_t) throws -> Result) throws -> Result {
    let list = Handle(owning: H5Pcreate(chdf5_class_dataset_transfer()))
    let context = Unmanaged.passUnretained(self).toOpaque()
    H5Pset_vlen_mem_manager(
      list.id,
      { size, context in
        context.flatMap { Unmanaged<Arena>.fromOpaque($0).takeUnretainedValue().allocate(size) }
      }, context,
      { block, context in
        guard let block, let context else { return }
        Unmanaged<Arena>.fromOpaque(context).takeUnretainedValue().release(block)
      }, context)
    return try withExtendedLifetime(self) { try body(list.id) }
  }

  private func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    guard size <= left, let block = malloc(max(size, 1)) else {
      isExhausted = true
      return nil
    }
    left -= size
    blocks.insert(block)
    return block
  }

  private func release(_ block: UnsafeMutableRawPointer) {
    if blocks.remove(block) != nil { free(block) }
  }

  deinit { blocks.forEach { free($0) } }
}
