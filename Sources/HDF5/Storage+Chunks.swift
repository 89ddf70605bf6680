import CHDF5

/// Where libhdf5 finds no chunk it gives the fill value, and where a chunk is too short it gives what happens to be in
/// memory, both without a word. So the chunks of what is read are looked at before.
extension Storage {
  static func unwritten(_ place: Place) -> HDF5Error {
    place.error(.damaged, "holds no values: none were ever written")
  }

  static func incomplete(_ place: Place) -> HDF5Error {
    place.error(.damaged, "is not complete: some of its values were never written, or are damaged")
  }

  /// Chunks along each axis.
  func chunkCounts(_ shape: [Int]) -> [Int] {
    zip(shape, chunk ?? []).map { extent, size in size > 0 ? extent / size + (extent % size == 0 ? 0 : 1) : 0 }
  }

  /// Checks, once for each chunk, that those of some rows are there and hold as many bytes as they should.
  func requireWhole(_ dataset: Dataset, rows: Range<Int>, elementSize: Int) throws {
    guard layout == .chunked, let chunk, let height = chunk.first, height > 0, !rows.isEmpty else { return }
    let counts = chunkCounts(dataset.state.shape)
    for row in rows.lowerBound / height...(rows.upperBound - 1) / height
    where !dataset.state.wholeChunks.contains(row) {
      var place = [row] + Array(repeating: 0, count: chunk.count - 1)
      repeat {
        try requireWhole(dataset, chunkAt: zip(place, chunk).map { $0 * $1 }, elementSize: elementSize)
      } while Storage.advance(&place, within: counts)
      dataset.state.wholeChunks.insert(row)
    }
  }

  /// The next place with the same row; false after the last.
  private static func advance(_ place: inout [Int], within counts: [Int]) -> Bool {
    for axis in place.indices.dropFirst().reversed() {
      place[axis] += 1
      if place[axis] < counts[axis] { return true }
      place[axis] = 0
    }
    return false
  }

  private func requireWhole(_ dataset: Dataset, chunkAt start: [Int], elementSize: Int) throws {
    let offset = start.map { hsize_t($0) }
    var stored: hsize_t = 0
    guard H5Dget_chunk_storage_size(dataset.handle.id, offset, &stored) >= 0, stored > 0 else {
      throw Storage.incomplete(dataset.place)
    }
    let size = (chunk ?? []).reduce(elementSize, *)
    let isOnBorder = zip(zip(start, chunk ?? []), dataset.state.shape).contains { $0.0 + $0.1 > $1 }
    // Without filters, libhdf5 answers with the size that it should be: what is stored was counted before.
    if filters.isEmpty || (leavesBorderUnfiltered && isOnBorder) { return }
    guard try holds(size, dataset, offset, stored: Int(clamping: stored)) else {
      throw Storage.incomplete(dataset.place)
    }
  }

  /// Whether a chunk that went through filters comes to so many bytes.
  private func holds(_ size: Int, _ dataset: Dataset, _ offset: [hsize_t], stored: Int) throws -> Bool {
    guard stored <= Int(clamping: try dataset.file.size()) else { return false }
    // Not on the stack, which may be small.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, stored), alignment: 16)
    defer { buffer.deallocate() }
    // A filter that did nothing for this chunk has its bit set.
    var skipped: UInt32 = 0
    try dataset.place.check(
      chdf5_read_chunk(dataset.handle.id, offset, &skipped, buffer.baseAddress, stored), .inputOutput,
      "the data can't be read or written")
    let applied = filters.enumerated().filter { skipped & (1 << UInt32($0.offset)) == 0 }.map(\.element.number)
    let checksums = { (filters: ArraySlice<H5Z_filter_t>) in 4 * filters.count { $0 == H5Z_FILTER_FLETCHER32 } }
    let others = applied.filter { $0 != H5Z_FILTER_SHUFFLE && $0 != H5Z_FILTER_FLETCHER32 }
    if others.isEmpty { return stored == size + checksums(applied[...]) }
    // The other compressions are not undone here.
    guard others == [H5Z_FILTER_DEFLATE], let deflate = applied.firstIndex(of: H5Z_FILTER_DEFLATE) else {
      return true
    }
    let stream = stored - checksums(applied[deflate...])
    return chdf5_inflates_to(buffer.baseAddress, max(0, stream), size + checksums(applied[..<deflate])) != 0
  }
}
