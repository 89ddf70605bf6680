import Compression
import Foundation
import JSON
import Testing

@testable import KerasImport

extension KerasTests {
  @Suite struct Archives {
    /// 60 short sentences, which `zlib` compressed (level 9, without a header; with dynamic codes, and with fixed ones).
    static let text = [UInt8]((0..<60).map { "layer \($0 * $0 % 97) of \($0); " }.joined().utf8)
    static let dynamic =
      "XdI7bgMxDATQq+wRlj99kNOksCsDBtzl9omG0AhMORAlPnL39f3z+Fz39X5e99f1QpKVZCdfSXeaKxkr24q+o8aKsaPhtPEh3O07Njw8dhzo"
      + "OnkXBpIUxXJQHZmsrsiEZSTMciTKWp6TNgEX2izbE9exIKFOcF/JC9QreROTK3meSyRvwqP0ed6nb2Y9fYH+St9AJK+Br+QptmPkDdQbeYHn"
      + "jTzFOEbeyK9MXgPXzodFPyNP8vzwML4dX2b6HB6nz9Df6ZM8py//srM9bMvJG+A4eR18J6/nOXk9749/edb6uOt7IbVfaPWEFW54nSaiThut"
      + "biN63VaMus344/0C"
    static let fixed =
      "y0msTC1SMFDIT1MwsFbIAfMMQTxDGM8ExDOC8SxBPGO4SjMQ1wTGNTIFcU1hXGOwrBncILBecxjXDGywBYxrAbbVEq4X7Aa4k4zAig0RjjIH"
      + "8+HOMjcC8+EOg3DhDjOGeAnuMjOIPNxplmCHG8LdZgyxHu44c3AAGcJdZwjWbwR3nilYvRHceZZgnxvBnWcCCUS48yzB7jGCu88Eoh/uPkuI"
      + "erj7TMH2G8HdZwHmwp1nBna+Edx5RuDQMYY7zwKs3hjuPFOw8cZw5xmBvWMMd54FJJbhzjMDO9cYEbFg+4zhzjOEyCOcB/a+McJ9ED7cfSZg"
      + "95jA3WcMtt8E7j5DiDzcfZBUhgg9cGiZwJ1nAXaOCdx55mDnm8CdZw6RhzvPHKLfAo1viare1ADVPFNDVPtMjVDdY2qM4lxTE1TfmJqi+tbU"
      + "DDU0TM1RQ8vUAjU0TYHOAwA="

    static func bytes(_ base64: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: base64))) }

    @Test(arguments: [dynamic, fixed]) func inflates(_ sample: String) throws {
      #expect(try Inflate.bytes(Self.bytes(sample), limit: Self.text.count) == Self.text)
    }

    @Test func inflatesStoredBlocks() throws {
      #expect(try Inflate.bytes([1, 3, 0, 0xFC, 0xFF, 7, 8, 9], limit: 3) == [7, 8, 9])
    }

    @Test func stopsAtTheLimit() throws {
      let packed = try Self.bytes(Self.dynamic)
      #expect(throws: Inflate.Problem.longerThan(100)) { try Inflate.bytes(packed, limit: 100) }
    }

    @Test func everyPrefixOfAStreamIsTruncated() throws {
      let packed = try Self.bytes(Self.dynamic)
      for count in 0..<packed.count {
        #expect(throws: Inflate.Problem.truncated) { try Inflate.bytes(Array(packed[..<count]), limit: 10_000) }
      }
    }

    /// The bytes with one to six of them changed, many times; always the same ones.
    static func damaged(_ bytes: [UInt8], times: Int, _ read: ([UInt8]) throws -> Void) rethrows {
      var state: UInt64 = 1
      func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
      }
      for _ in 0..<times {
        var changed = bytes
        for _ in 0...next() % 6 { changed[Int(next()) % changed.count] = UInt8(truncatingIfNeeded: next()) }
        try read(changed)
      }
    }

    @Test func anyBytesAreReadOrRefused() throws {
      Self.damaged(try Self.bytes(Self.dynamic), times: 3000) { bytes in
        let result = try? Inflate.bytes(bytes, limit: 5000)
        #expect((result?.count ?? 0) <= 5000)
      }
    }

    @Test func aMemberOfTwoNamesIsRefused() throws {
      var bytes = ZipBytes.archive([.init(name: "a.txt", content: [1, 2, 3])])
      bytes[30] = UInt8(ascii: "b")
      let archive = try ZipArchive(Data(bytes), file: "a.zip")
      let member = try #require(archive.member("a.txt"))
      let error = #expect(throws: ZipError.self) { try archive.contents(of: member) }
      #expect(error?.message.contains("another name in its own header") == true)
    }

    /// What a damaged archive still yields is what was put in: its checksums see to that.
    @Test func anyArchiveYieldsItsContentOrIsRefused() throws {
      let contents: [[UInt8]] = [[1, 2, 3], Self.text]
      let archive = try ZipBytes.archive([
        .init(name: "a.txt", content: contents[0]),
        .init(name: "b/c.txt", content: contents[1], stored: Self.bytes(Self.dynamic), method: 8),
      ])
      var read = 0
      Self.damaged(archive, times: 3000) { bytes in
        guard let archive = try? ZipArchive(Data(bytes), file: "damaged.zip") else { return }
        for member in archive.members {
          guard let found = try? archive.contents(of: member) else { continue }
          #expect(contents.contains(found), "\(member.name)")
          read += 1
        }
      }
      #expect(read > 0)
    }

    @Test func anyTextIsParsedOrRefused() throws {
      let text = try [UInt8](Data(contentsOf: KerasFixtures.url("convolutional.json")))
      var parsed = 0
      Self.damaged(text, times: 2000) { bytes in
        do {
          _ = try KerasDescription(JSONParser.parse(bytes, file: "damaged.json"), file: "damaged.json")
          parsed += 1
        } catch {
          #expect("\(error)".contains("damaged.json"))
        }
      }
      #expect(parsed > 0 && parsed < 2000)
    }

    @Test func readsStoredAndDeflatedMembers() throws {
      let archive = try ZipArchive(
        Data(
          ZipBytes.archive([
            .init(name: "a.txt", content: [1, 2, 3]),
            .init(name: "b/c.txt", content: Self.text, stored: Self.bytes(Self.dynamic), method: 8),
          ])), file: "sample.zip")
      #expect(archive.members.map(\.name) == ["a.txt", "b/c.txt"])
      #expect(try archive.contents(of: #require(archive.member("a.txt"))) == [1, 2, 3])
      #expect(try archive.contents(of: #require(archive.member("b/c.txt"))) == Self.text)
    }

    static let bad: [(String, ZipBytes.Member)] = [
      ("leads outside", .init(name: "../evil", content: [1])),
      ("leads outside", .init(name: "a/../../evil", content: [1])),
      ("leads outside", .init(name: "/etc/passwd", content: [1])),
      ("leads outside", .init(name: "C:\\evil", content: [1])),
      ("encrypted", .init(name: "a", content: [1], flags: 1)),
      ("method 12", .init(name: "a", content: [1], method: 12)),
      ("checksum", .init(name: "a", content: [1, 2], checksum: 5)),
      ("too large", .init(name: "a", content: [1], size: 10 << 30)),
      ("another size", .init(name: "a", content: [1], size: 1 << 30)),
      ("truncated", .init(name: "a", content: [1], stored: [0x4B, 0x4C], method: 8)),
      ("damaged", .init(name: "a", content: [1], stored: [7], method: 8)),
      ("hold more", .init(name: "a", content: [1], stored: [1, 3, 0, 0xFC, 0xFF, 7, 8, 9], method: 8)),
    ]

    @Test(arguments: bad.indices) func refusesBadMembers(_ index: Int) throws {
      let (words, member) = Self.bad[index]
      let error = #expect(throws: ZipError.self) {
        let archive = try ZipArchive(Data(ZipBytes.archive([member])), file: "bad.zip")
        _ = try archive.contents(of: #require(archive.members.first))
      }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
      #expect(error?.place == member.name)
    }

    @Test func refusesTwoMembersOfOneName() {
      let twice = ZipBytes.archive([.init(name: "a", content: [1]), .init(name: "a", content: [2])])
      #expect(throws: ZipError.self) { try ZipArchive(Data(twice), file: "bad.zip") }
    }

    @Test func everyPrefixOfAnArchiveIsAnError() {
      let whole = ZipBytes.archive([.init(name: "a", content: Self.text)])
      for count in stride(from: 0, to: whole.count, by: 7) {
        #expect(throws: ZipError.self) { try ZipArchive(Data(whole[..<count]), file: "bad.zip") }
      }
    }
  }
}
