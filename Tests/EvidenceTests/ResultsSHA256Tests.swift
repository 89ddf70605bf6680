import Evidence
import Foundation
import Testing

/// Known answers of FIPS 180-4 and of NIST's examples.
@Suite struct ResultsSHA256Tests {
  struct Vector: Sendable {
    var text: String
    var count = 1
    var digest: String
  }

  static let vectors = [
    Vector(text: "", digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    Vector(text: "abc", digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    Vector(
      text: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    Vector(
      text:
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      digest: "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
    Vector(
      text: "a", count: 1_000_000, digest: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ]

  @Test(arguments: vectors) func knownAnswer(vector: Vector) {
    var hash = SHA256()
    hash.update(Data(repeatElement(vector.text, count: vector.count).joined().utf8))
    #expect(hash.hexDigest() == vector.digest)
  }

  /// Every length around one and two blocks, in pieces of every size, against the whole.
  @Test func piecesMakeTheWhole() {
    for length in 50...135 {
      let bytes = (0..<length).map { UInt8($0) }
      var whole = SHA256()
      whole.update(bytes)
      let expected = whole.hexDigest()
      for piece in 1...length {
        var pieces = SHA256()
        for start in stride(from: 0, to: length, by: piece) {
          pieces.update(Array(bytes[start..<min(start + piece, length)]))
        }
        #expect(pieces.hexDigest() == expected)
      }
    }
  }

  @Test func ofAFile() throws {
    try withResultsPath { path in
      try Data("abc".utf8).write(to: URL(filePath: path))
      #expect(try SHA256.hexDigest(ofFile: path) == Self.vectors[1].digest)
      let missing = try refusal { _ = try SHA256.hexDigest(ofFile: path + ".none") }
      #expect(missing.code == .inputOutput)
    }
  }
}
