import CHDF5

/// A dataset: an array of elements of one type.
///
/// Opening one looks at its header only. Everything that the header claims is compared with what the file holds before
/// anything is allocated or read.
public final class Dataset: Object, @unchecked Sendable {
  /// What the elements are, as stored.
  public let type: ElementType
  /// Rows (of the first axis) that are stored together; reading blocks of a multiple of it is fastest. Nil where rows
  /// lie one after the other.
  public let rowsPerChunk: Int?
  let storage: Storage
  let storedType: Handle
  /// Guarded by the library's lock.
  var state: State

  /// What changes while a dataset is read or extended.
  struct State {
    var shape: [Int]
    var fileSpace: Handle
    /// The space of the last block that was read or written, and its number of elements.
    var blockSpace: (count: Int, handle: Handle)?
    var isPlausible = false
    /// Rows of chunks that were looked at.
    var wholeChunks: Set<Int> = []
  }

  /// Takes over an open dataset. Call it while holding the lock.
  convenience init(file: File, path: String, opened: Handle) throws {
    let place = Place(file: file.name, path: path)
    let storage = try Storage(of: opened.id, place)
    // The space of a virtual dataset is only known from other files: refuse before asking for it.
    try storage.requireSupported(place)
    let type = try place.handle(H5Dget_type(opened.id), "the type can't be read")
    let space = try place.handle(H5Dget_space(opened.id), "the shape can't be read")
    guard let shape = try Extent.shape(of: space.id, place) else {
      throw place.error(.wrongShape, "is empty: it has no shape at all")
    }
    try self.init(
      file: file, path: path, storage: storage, storedType: type, space: space, shape: shape,
      handle: storage.withChunkCache(opened, shape: shape, elementSize: H5Tget_size(type.id), place))
  }

  private init(
    file: File, path: String, storage: Storage, storedType: Handle, space: Handle, shape: [Int], handle: Handle
  ) throws {
    self.storage = storage
    self.storedType = storedType
    type = ElementType(of: storedType.id, isPacked: storage.filters.contains { $0.number == H5Z_FILTER_NBIT })
    rowsPerChunk = storage.chunk?.first
    state = State(shape: shape, fileSpace: space)
    super.init(file: file, path: path, handle: handle)
  }

  /// The extent of each axis; empty for a scalar.
  public var shape: [Int] { Library.locked { state.shape } }

  /// The product of the shape. `Int.max` where that is more: no reading of such a dataset succeeds.
  public var elementCount: Int { Extent.count(shape) ?? .max }

  /// The elements of one row, that is of one index of the first axis. Call it while holding the lock.
  var rowCount: Int { Extent.count(state.shape.dropFirst()) ?? .max }
}
