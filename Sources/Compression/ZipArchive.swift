package import Foundation

/// An archive that can't be read, or that asks for something dangerous.
package struct ZipError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  package enum Code: Sendable {
    /// The file can't be read.
    case unreadable
    /// Damaged, or refused.
    case damaged
    /// More than may be held.
    case tooLarge
  }

  package let code: Code
  /// The archive's file.
  package let file: String
  /// The member; nil where the archive as a whole is at fault.
  package let place: String?
  package let message: String
  package let expected: String?
  package let found: String?

  package init(
    _ code: Code, file: String, place: String? = nil, _ message: String, expected: String? = nil, found: String? = nil
  ) {
    (self.code, self.file, self.place, self.message) = (code, file, place, message)
    (self.expected, self.found) = (expected, found)
  }

  /// File, member and message in one line; what was expected and what was found in a second.
  package var description: String {
    let first = [file, place, message].compactMap(\.self).joined(separator: ": ")
    let second = [expected.map { "expected " + $0 }, found.map { "found " + $0 }].compactMap(\.self)
    return second.isEmpty ? first : first + "\n" + second.joined(separator: ", ")
  }
}

/// A zip archive for reading: stored and deflated members, found through the central directory.
///
/// What an archive claims is believed only as far as its bytes go: nothing is allocated for a claimed size.
package struct ZipArchive {
  /// A file in the archive.
  package struct Member {
    /// The path within the archive.
    package let name: String
    fileprivate let method: UInt16
    fileprivate let checksum: UInt32
    fileprivate let compressedSize: Int
    /// The size that the archive claims.
    package let size: Int
    fileprivate let headerOffset: Int
  }

  /// Members larger than this are refused.
  package static let largestMember = 2 << 30

  /// The archive's file, for errors.
  package let file: String
  /// The files in it, in the order of its directory.
  package let members: [Member]
  private let bytes: Data

  /// The archive at a path.
  package init(path: String) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch {
      throw ZipError(.unreadable, file: path, "the file can't be read: \(error.localizedDescription)")
    }
    try self.init(data, file: path)
  }

  /// The archive that the bytes are.
  package init(_ bytes: Data, file: String) throws {
    self.bytes = bytes
    self.file = file
    let directory = try ZipDirectory(bytes, file: file)
    members = try directory.members()
  }

  /// The member of a name, or nil.
  package func member(_ name: String) -> Member? { members.first { $0.name == name } }

  /// The content of a member.
  package func contents(of member: Member) throws -> [UInt8] {
    func problem(_ message: String, expected: String? = nil, found: String? = nil) -> ZipError {
      ZipError(.damaged, file: file, place: member.name, message, expected: expected, found: found)
    }
    guard member.size <= ZipArchive.largestMember else {
      throw ZipError(
        .tooLarge, file: file, place: member.name, "the member is too large",
        expected: "at most \(ZipArchive.largestMember) bytes", found: "\(member.size)")
    }
    let reader = LittleEndian(bytes)
    guard reader.integer32(member.headerOffset) == 0x0403_4b50,
      let nameLength = reader.integer16(member.headerOffset + 26),
      let extraLength = reader.integer16(member.headerOffset + 28)
    else { throw problem("the member's header is not where the directory says") }
    let start = member.headerOffset + 30 + Int(nameLength) + Int(extraLength)
    guard start <= bytes.count, member.compressedSize <= bytes.count - start else {
      throw problem(
        "the archive is truncated", expected: "\(member.compressedSize) bytes of the member",
        found: "\(max(0, bytes.count - start))")
    }
    let name = bytes.startIndex + member.headerOffset + 30
    guard bytes[name..<name + Int(nameLength)].elementsEqual(member.name.utf8) else {
      throw problem("the member has another name in its own header than in the directory")
    }
    let packed = [UInt8](bytes[bytes.startIndex + start..<bytes.startIndex + start + member.compressedSize])
    let content: [UInt8]
    if member.method == 0 {
      content = packed
    } else {
      do {
        content = try Inflate.bytes(packed, limit: member.size)
      } catch .truncated {
        throw problem("the compressed data are truncated")
      } catch .longerThan(let limit) {
        throw problem("the compressed data hold more than the directory says", expected: "\(limit) bytes")
      } catch .invalid(let reason) {
        throw problem("the compressed data are damaged: \(reason)")
      }
    }
    guard content.count == member.size else {
      throw problem(
        "the member is of another size than the directory says", expected: "\(member.size) bytes",
        found: "\(content.count)")
    }
    guard Checksum.crc32(content) == member.checksum else {
      throw problem("the member's checksum is wrong: the archive is damaged")
    }
    return content
  }
}

/// The directory at an archive's end.
private struct ZipDirectory {
  private let reader: LittleEndian
  private let file: String
  private let count: Int
  private let offset: Int
  private let end: Int

  init(_ bytes: Data, file: String) throws {
    reader = LittleEndian(bytes)
    self.file = file
    func problem(_ message: String) -> ZipError { ZipError(.damaged, file: file, message) }
    // The directory's end record is followed by a comment of at most 64 KiB.
    var position = bytes.count - 22
    let first = max(0, bytes.count - 22 - 0xFFFF)
    while position >= first {
      if reader.integer32(position) == 0x0605_4b50, let comment = reader.integer16(position + 20),
        position + 22 + Int(comment) == bytes.count
      {
        break
      }
      position -= 1
    }
    guard position >= first, let disk = reader.integer16(position + 4), let onDisk = reader.integer16(position + 8),
      let total = reader.integer16(position + 10), let size = reader.integer32(position + 12),
      let offset = reader.integer32(position + 16)
    else { throw problem("the zip archive has no directory: it is truncated or damaged") }
    guard total != 0xFFFF, size != 0xFFFF_FFFF, offset != 0xFFFF_FFFF else {
      throw problem("zip64 archives (past 4 GiB, or 65,535 members) are not read")
    }
    guard disk == 0, onDisk == total else { throw problem("archives of several parts are not read") }
    guard Int(offset) + Int(size) <= position else { throw problem("the zip directory lies outside of the archive") }
    count = Int(total)
    self.offset = Int(offset)
    end = Int(offset) + Int(size)
  }

  func members() throws -> [ZipArchive.Member] {
    var members: [ZipArchive.Member] = []
    var names: Set<String> = []
    var position = offset
    for _ in 0..<count {
      guard position + 46 <= end, reader.integer32(position) == 0x0201_4b50,
        let flags = reader.integer16(position + 8), let method = reader.integer16(position + 10),
        let checksum = reader.integer32(position + 16), let packed = reader.integer32(position + 20),
        let size = reader.integer32(position + 24), let nameLength = reader.integer16(position + 28),
        let extraLength = reader.integer16(position + 30), let commentLength = reader.integer16(position + 32),
        let header = reader.integer32(position + 42),
        let nameBytes = reader.bytes(position + 46, Int(nameLength))
      else { throw ZipError(.damaged, file: file, "the zip directory is damaged") }
      let name = String(decoding: nameBytes, as: UTF8.self)
      let extra = position + 46 + Int(nameLength)
      position = extra + Int(extraLength) + Int(commentLength)
      guard position <= end else { throw ZipError(.damaged, file: file, "the zip directory is damaged") }
      try check(name: name, flags: flags, method: method)
      guard names.insert(name).inserted else { throw problem(name, "two members have the same name") }
      // Sizes past 4 GiB stand in an extra field, in this order, each only where it did not fit.
      var wide = WideSizes(reader, extra..<extra + Int(extraLength))
      let fullSize = size == 0xFFFF_FFFF ? wide.next() : UInt64(size)
      let fullPacked = packed == 0xFFFF_FFFF ? wide.next() : UInt64(packed)
      let fullHeader = header == 0xFFFF_FFFF ? wide.next() : UInt64(header)
      guard let fullSize, let fullPacked, let fullHeader, let headerOffset = Int(exactly: fullHeader) else {
        throw problem(name, "the member's sizes are missing from the zip directory")
      }
      members.append(
        ZipArchive.Member(
          name: name, method: method, checksum: checksum, compressedSize: Int(clamping: fullPacked),
          size: Int(clamping: fullSize), headerOffset: min(headerOffset, offset)))
    }
    return members
  }

  private func problem(_ member: String, _ message: String, found: String? = nil) -> ZipError {
    ZipError(.damaged, file: file, place: member, message, found: found)
  }

  private func check(name: String, flags: UInt16, method: UInt16) throws {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if name.hasPrefix("/") || name.contains("\\") || name.contains(":") || name.utf8.contains(0)
      || parts.contains("..") || name.isEmpty
    {
      throw problem(name, "the member's name leads outside of the archive")
    }
    if flags & 0x41 != 0 { throw problem(name, "the member is encrypted") }
    guard method == 0 || method == 8 else {
      throw problem(name, "the member is compressed by a method that is not read", found: "method \(method)")
    }
  }
}

/// The 64-bit sizes of a directory entry's extra field 1.
private struct WideSizes {
  private var values: [UInt64] = []

  init(_ reader: LittleEndian, _ range: Range<Int>) {
    var position = range.lowerBound
    while position + 4 <= range.upperBound, let tag = reader.integer16(position),
      let length = reader.integer16(position + 2), position + 4 + Int(length) <= range.upperBound
    {
      if tag == 1 {
        for at in stride(from: position + 4, to: position + 4 + Int(length) - 7, by: 8) {
          guard let low = reader.integer32(at), let high = reader.integer32(at + 4) else { break }
          values.append(UInt64(high) << 32 | UInt64(low))
        }
        values.reverse()
        return
      }
      position += 4 + Int(length)
    }
  }

  mutating func next() -> UInt64? { values.popLast() }
}

/// Integers of a file, lowest byte first; nil outside of it.
private struct LittleEndian {
  private let data: Data

  init(_ data: Data) { self.data = data }

  func bytes(_ offset: Int, _ count: Int) -> Data? {
    guard offset >= 0, count >= 0, offset <= data.count, count <= data.count - offset else { return nil }
    return data[data.startIndex + offset..<data.startIndex + offset + count]
  }

  func integer16(_ offset: Int) -> UInt16? {
    bytes(offset, 2)?.reversed().reduce(0) { $0 << 8 | UInt16($1) }
  }

  func integer32(_ offset: Int) -> UInt32? {
    bytes(offset, 4)?.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
