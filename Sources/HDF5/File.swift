import CHDF5

/// An HDF5 file, on disk or in memory.
///
/// Groups and datasets keep their file open; `close` ends it for them as well. A file may be used from any thread,
/// one operation at a time throughout the process.
public final class File: @unchecked Sendable {
  /// The path, or the name given to a file in memory, as it appears in errors.
  public let name: String
  /// Nil once closed. Guarded by the library's lock.
  private var handle: Handle?

  private init(name: String, open: (Place) throws -> Handle) throws {
    self.name = name
    handle = try Library.locked { try open(Place(file: name)) }
  }

  /// Opens a file that exists, for reading only.
  ///
  /// - Throws: `HDF5Error` (`noSuchFile`, `notHDF5`, `truncated`, `damaged`, `inUse`, `inputOutput`).
  public convenience init(reading path: String) throws {
    try self.init(name: path) { place in
      try File.open(path, flags: chdf5_read_only(), access: FileAccess.disk(), place)
    }
  }

  /// Opens a file that exists, for reading and writing.
  ///
  /// - Throws: `HDF5Error`, as for reading.
  public convenience init(updating path: String) throws {
    try self.init(name: path) { place in
      try File.open(path, flags: chdf5_read_write(), access: FileAccess.disk(), place)
    }
  }

  /// Creates a file, over one that may be there.
  ///
  /// - Throws: `HDF5Error` (`cannotCreate`, `inUse`, `outputFull`).
  public convenience init(creating path: String) throws {
    try self.init(name: path) { place in
      if FileStatus(at: path) == .directory { throw place.error(.cannotCreate, "is a directory") }
      let access = FileAccess.disk()
      let id = H5Fcreate(path, chdf5_truncate(), chdf5_default(), access.id)
      guard id >= 0 else {
        if ErrorStack.current().mentions("unable to lock file") {
          throw place.failure(.inUse, "another process is using the file")
        }
        throw place.failure(.cannotCreate, "the file can't be created")
      }
      return Handle(owning: id)
    }
  }

  /// Creates a file in memory that goes when it is closed.
  ///
  /// - Throws: `HDF5Error` (`cannotCreate`).
  public convenience init(inMemory name: String) throws {
    try self.init(name: name) { place in
      let access = FileAccess.memory(image: nil)
      let id = H5Fcreate(FileAccess.uniqueName(name), chdf5_truncate(), chdf5_default(), access.id)
      return try place.handle(id, .cannotCreate, "the file can't be created in memory")
    }
  }

  /// Opens the bytes of a file, for reading only.
  ///
  /// - Throws: `HDF5Error` (`notHDF5`, `truncated`, `damaged`).
  public convenience init(readingImage bytes: [UInt8], name: String) throws {
    try self.init(name: name) { place in
      guard FileStatus.hasSignature(bytes) else { throw File.notHDF5(place, isEmpty: bytes.isEmpty) }
      let access = FileAccess.memory(image: bytes)
      let id = H5Fopen(FileAccess.uniqueName(name), chdf5_read_only(), access.id)
      guard id >= 0 else { throw File.unopenable(place) }
      return Handle(owning: id)
    }
  }

  private static func open(_ path: String, flags: UInt32, access: Handle, _ place: Place) throws -> Handle {
    switch FileStatus(at: path) {
    case .missing: throw place.error(.noSuchFile, "no such file")
    case .directory: throw place.error(.notHDF5, "is a directory", expected: "an HDF5 file")
    case .special: throw place.error(.notHDF5, "is not a regular file", expected: "an HDF5 file")
    case .unreadable(let reason): throw place.error(.inputOutput, "the file can't be read: " + reason)
    case .regular(let size):
      if size == 0 { throw notHDF5(place, isEmpty: true) }
      let id = H5Fopen(path, flags, access.id)
      if id >= 0 { return Handle(owning: id) }
      let error = unopenable(place)
      if error.code == .damaged, H5Fis_hdf5(path) == 0 { throw notHDF5(place, isEmpty: false) }
      throw error
    }
  }

  private static func notHDF5(_ place: Place, isEmpty: Bool) -> HDF5Error {
    place.error(
      .notHDF5, "not an HDF5 file", expected: "the signature of HDF5",
      found: isEmpty ? "an empty file" : "other bytes")
  }

  /// Why a call to open a file has just failed.
  private static func unopenable(_ place: Place) -> HDF5Error {
    let stack = ErrorStack.current()
    if stack.mentions("unable to lock file") {
      // ENOLCK, as of a network file system without its lock daemon.
      if stack.mentions("No locks available") {
        return place.failure(
          .inputOutput, "the file system refuses locks; set HDF5_USE_FILE_LOCKING=FALSE to do without them")
      }
      return place.failure(.inUse, "another process is writing to the file")
    }
    if stack.mentions("file is already open") {
      return place.failure(.inUse, "the file is already open in another mode")
    }
    if stack.mentions("truncated file") {
      return place.failure(.truncated, "the file is truncated: it is shorter than it says; copy it again")
    }
    if stack.systemMessage != nil { return place.failure(.inputOutput, "the file can't be opened") }
    return place.failure(.damaged, "the file is damaged: libhdf5 can't make sense of its header")
  }

  /// The group that holds everything.
  ///
  /// - Throws: `HDF5Error` (`damaged`, `closed`).
  public var root: Group {
    get throws {
      try Library.locked {
        let place = Place(file: name, path: "/")
        let id = H5Oopen(try identifier(), "/", Library.linkAccess.id)
        return Group(file: self, path: "/", handle: try place.handle(id, "the root group can't be opened"))
      }
    }
  }

  /// Writes what is still in memory to the file.
  ///
  /// - Throws: `HDF5Error` (`outputFull`, `inputOutput`, `closed`).
  public func flush() throws {
    try Library.locked {
      try Place(file: name).check(
        H5Fflush(try identifier(), H5F_SCOPE_GLOBAL), .inputOutput, "the file can't be written")
    }
  }

  /// Writes what is still in memory, and closes the file and everything opened in it. Closing twice is harmless.
  ///
  /// - Throws: `HDF5Error` (`outputFull`, `inputOutput`).
  public func close() throws {
    try Library.locked {
      guard let open = handle else { return }
      handle = nil
      let flushed = H5Fflush(open.id, H5F_SCOPE_GLOBAL)
      let error = flushed < 0 ? Place(file: name).failure(.inputOutput, "the file can't be written") : nil
      let closed = H5Fclose(open.id)
      if let error { throw error }
      try Place(file: name).check(closed, .inputOutput, "the file can't be closed")
    }
  }

  /// The bytes of the file as they would be on disk.
  ///
  /// - Throws: `HDF5Error` (`inputOutput`, `closed`).
  public func image() throws -> [UInt8] {
    try Library.locked {
      let id = try identifier()
      let place = Place(file: name)
      try place.check(H5Fflush(id, H5F_SCOPE_GLOBAL), .inputOutput, "the file can't be written")
      let size = H5Fget_file_image(id, nil, 0)
      guard size >= 0 else { throw place.failure(.inputOutput, "the file's bytes can't be had") }
      return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        guard H5Fget_file_image(id, buffer.baseAddress, size) == size else {
          throw place.failure(.inputOutput, "the file's bytes can't be had")
        }
        count = size
      }
    }
  }

  /// libhdf5's identifier. Call it while holding the lock.
  func identifier() throws -> hid_t {
    guard let handle else { throw HDF5Error(.closed, file: name, "the file was closed") }
    return handle.id
  }

  /// The size in bytes. Call it while holding the lock.
  func size() throws -> UInt64 {
    var size: hsize_t = 0
    try Place(file: name).check(H5Fget_filesize(try identifier(), &size), "the file's size can't be had")
    return size
  }
}
