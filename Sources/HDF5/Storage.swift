import CHDF5

/// How a dataset is stored, and what may be believed of it. Only used while holding the library's lock.
struct Storage {
  enum Layout {
    case compact, contiguous, chunked, virtual
  }

  let layout: Layout
  /// The shape of a chunk.
  let chunk: [Int]?
  let hasExternalFiles: Bool
  /// What happens to a chunk before it is stored, in order.
  let filters: [Filter]
  /// Whether chunks that reach over the border are stored as they are.
  let leavesBorderUnfiltered: Bool

  /// Reads what a file may claim without holding as many bytes: fill values, and small compressed data.
  static let smallEnough = 16 << 20
  /// Deflate makes at best 1032 bytes out of one.
  static let largestRatio = 1100
  /// The most that is spent on keeping decompressed chunks.
  static let largestCache = 32 << 20

  init(of dataset: hid_t, _ place: Place) throws {
    let list = try place.handle(H5Dget_create_plist(dataset), "the storage layout can't be read")
    switch H5Pget_layout(list.id) {
    case H5D_COMPACT: layout = .compact
    case H5D_CONTIGUOUS: layout = .contiguous
    case H5D_CHUNKED: layout = .chunked
    case H5D_VIRTUAL: layout = .virtual
    default: throw place.failure(.damaged, "the storage layout can't be read")
    }
    var chunk: [Int]?
    if layout == .chunked {
      var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
      let rank = H5Pget_chunk(list.id, Int32(extents.count), &extents)
      guard rank > 0, rank <= H5S_MAX_RANK else { throw place.failure(.damaged, "the chunk shape can't be read") }
      chunk = extents.prefix(Int(rank)).map { Int(clamping: $0) }
    }
    self.chunk = chunk
    hasExternalFiles = H5Pget_external_count(list.id) != 0

    let count = H5Pget_nfilters(list.id)
    guard count >= 0 else { throw place.failure(.damaged, "the filters can't be read") }
    filters = (0..<UInt32(count)).map { Filter(at: $0, in: list.id) }
    var options: UInt32 = 0
    leavesBorderUnfiltered = layout == .chunked && H5Pget_chunk_opts(list.id, &options) >= 0 && options != 0
  }

  /// Whether some filter makes the stored bytes fewer.
  var isCompressed: Bool { filters.contains(where: \.compresses) }

  /// Whether the dataset's bytes are in this file, and readable by a stock libhdf5.
  func requireSupported(_ place: Place) throws {
    if layout == .virtual {
      throw place.error(.refused, "is a virtual dataset, made of parts of other files; store the data itself")
    }
    if hasExternalFiles {
      throw place.error(.refused, "is stored in another file, which is not followed; store the data in this file")
    }
    let foreign = filters.filter { !$0.isKnown }.map(\.name)
    guard foreign.isEmpty else {
      throw place.error(
        .refused,
        "is compressed by a filter that is not part of libhdf5; store it again with gzip or none (h5py: "
          + "target.create_dataset(name, data=source[name][:], compression=\"gzip\"))",
        expected: "gzip, shuffle, fletcher32 or none", found: foreign.joined(separator: ", "))
    }
  }

  /// Compares what the header claims with what the file holds.
  func requirePlausible(_ dataset: Dataset, elementSize: Int) throws {
    let place = dataset.place
    let shape = dataset.state.shape
    guard let count = Extent.count(shape), let bytes = Extent.count([count, elementSize]) else {
      throw place.error(.tooLarge, "claims the shape \(Extent.text(shape)), which no file holds")
    }
    if bytes == 0 { return }
    let fileSize = Int(clamping: try dataset.file.size())
    let stored = Int(clamping: H5Dget_storage_size(dataset.handle.id))
    func implausible() -> HDF5Error {
      place.error(
        .tooLarge, "claims more than the file holds", expected: "at most \(fileSize) bytes in the file",
        found: "\(Extent.text(shape)) elements, \(bytes) bytes, of which \(stored) are stored")
    }
    guard stored <= fileSize else { throw implausible() }
    switch layout {
    case .compact: guard bytes <= stored else { throw implausible() }
    case .contiguous:
      let offset = H5Dget_offset(dataset.handle.id)
      guard offset != chdf5_undefined_address() else {
        throw bytes <= Storage.smallEnough ? Storage.unwritten(place) : implausible()
      }
      guard bytes <= stored, Int(clamping: offset) <= fileSize - stored else { throw implausible() }
    case .chunked:
      let most = isCompressed ? Extent.count([stored, Storage.largestRatio]) ?? .max : stored
      let bound = max(Storage.smallEnough, most)
      guard bytes <= bound else { throw implausible() }
      guard let chunkBytes = Extent.count((chunk ?? []) + [elementSize]), chunkBytes <= bound else {
        throw place.error(
          .tooLarge, "claims chunks larger than the file holds", expected: "at most \(bound) bytes",
          found: "chunks of \(Extent.text(chunk ?? [])) elements")
      }
      // Of chunks without filters, each of the same size, some may be missing, or shorter than they should be.
      if filters.isEmpty, stored < Extent.count(chunkCounts(shape) + [chunkBytes]) ?? .max {
        throw stored == 0 ? Storage.unwritten(place) : Storage.incomplete(place)
      }
    case .virtual: throw place.error(.refused, "is a virtual dataset")
    }
  }

  /// The dataset, opened again with a cache for one row of chunks, so that reading rows in order decompresses each
  /// chunk once.
  func withChunkCache(_ opened: Handle, shape: [Int], elementSize: Int, _ place: Place) throws -> Handle {
    guard let chunk, chunk.count == shape.count, let first = chunk.first, first > 0 else { return opened }
    var across = 1
    for count in chunkCounts(shape).dropFirst() { across = Extent.count([across, count]) ?? .max }
    let wanted = Extent.count(chunk + [elementSize, across, 2]) ?? .max
    let bytes = min(max(wanted, 1 << 20), Storage.largestCache)
    let chunks = min(max(2 * across, 8), 4096)

    let access = Handle(owning: H5Pcreate(chdf5_class_dataset_access()))
    // Chunks that were read to their end go first: they are not needed again.
    H5Pset_chunk_cache(access.id, chunks * 100 + 1, bytes, 1)
    Library.refuseExternalLinks(access.id)
    return try place.handle(H5Dopen2(opened.id, ".", access.id), "the dataset can't be opened")
  }
}

/// A step between the stored bytes and the elements.
struct Filter {
  let number: H5Z_filter_t
  let name: String
  let isKnown: Bool
  let compresses: Bool

  init(at index: UInt32, in list: hid_t) {
    var flags: UInt32 = 0
    var count = 0
    var configuration: UInt32 = 0
    var text = [CChar](repeating: 0, count: 256)
    number = H5Pget_filter2(list, index, &flags, &count, nil, text.count - 1, &text, &configuration)
    switch number {
    case H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32:
      isKnown = true
      compresses = false
    case H5Z_FILTER_DEFLATE, H5Z_FILTER_SZIP, H5Z_FILTER_NBIT, H5Z_FILTER_SCALEOFFSET:
      isKnown = true
      compresses = true
    default:
      isKnown = false
      compresses = true
    }
    let label = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    name = "filter \(number)" + (label.isEmpty ? "" : " (\(label))")
  }
}
