import Foundation
import HDF5
import Testing

@Suite struct FileTests {
  @Test func imagesAreFiles() throws {
    let file = try File(inMemory: "a")
    try file.root.createDataset("x", type: .float(bits: 32), shape: [2]).write([1, 2] as [Float])
    let copy = try File(readingImage: file.image(), name: "copy")
    #expect(try copy.root.dataset("x").read(as: Float.self) == [1, 2])
  }

  @Test func filesInMemoryOfOneNameAreApart() throws {
    let first = try File(inMemory: "same")
    let second = try File(inMemory: "same")
    _ = try first.root.createGroup("only")
    #expect(try !second.root.hasChild("only"))
  }

  @Test func createdUpdatedAndReadOnDisk() throws {
    try withTemporaryPath { path in
      let created = try File(creating: path)
      let rows = try created.root.createDataset("rows", type: .float(bits: 64), shape: [0, 2], extendable: true)
      try rows.append(rows: [1, 2] as [Double])
      try created.flush()
      try created.close()
      try created.close()

      let updated = try File(updating: path)
      try updated.root.dataset("rows").append(rows: [3, 4, 5, 6] as [Double])
      try updated.close()

      let read = try File(reading: path)
      #expect(try read.root.dataset("rows").shape == [3, 2])
      #expect(try read.root.dataset("rows").read(rows: 1..<3) == [3, 4, 5, 6] as [Double])
    }
  }

  @Test func closingEndsWhatWasOpened() throws {
    let file = try File(inMemory: "a")
    let group = try file.root.createGroup("g")
    try file.close()
    #expect(try error { _ = try group.children() }.description == "a: the file was closed")
  }

  @Test func noSuchFile() throws {
    let error = try error { _ = try File(reading: "/nowhere/x.h5") }
    #expect(error.code == .noSuchFile)
    #expect(error.description == "/nowhere/x.h5: no such file")
  }

  @Test func directory() throws {
    let error = try error { _ = try File(reading: "/") }
    #expect(error.code == .notHDF5)
    #expect(error.description == "/: is a directory\nexpected an HDF5 file")
    #expect(try HDF5Tests.error { _ = try File(creating: "/") }.code == .cannotCreate)
  }

  @Test func device() throws {
    #expect(try error { _ = try File(reading: "/dev/null") }.message == "is not a regular file")
  }

  @Test func notHDF5() throws {
    try withTemporaryPath("x.csv") { path in
      try Data("a,b\n1,2\n".utf8).write(to: URL(fileURLWithPath: path))
      let error = try error { _ = try File(reading: path) }
      #expect(error.code == .notHDF5)
      #expect(error.description == "\(path): not an HDF5 file\nexpected the signature of HDF5, found other bytes")
      try Data().write(to: URL(fileURLWithPath: path))
      #expect(try HDF5Tests.error { _ = try File(reading: path) }.found == "an empty file")
    }
  }

  @Test func creatingWhereThereIsNoDirectory() throws {
    let error = try error { _ = try File(creating: "/nowhere/x.h5") }
    #expect(error.code == .cannotCreate)
    #expect(error.description == "/nowhere/x.h5: the file can't be created: No such file or directory")
    #expect(!error.libraryStack.isEmpty)
  }

  @Test func truncatedImages() throws {
    let file = try File(inMemory: "a")
    try file.root.createDataset("x", type: .float(bits: 32), shape: [1000]).write([Float](repeating: 1, count: 1000))
    let bytes = try file.image()
    for size in [bytes.count - 1, bytes.count / 2, 100] {
      let error = try error { _ = try File(readingImage: Array(bytes.prefix(size)), name: "cut.h5") }
      #expect([.truncated, .damaged].contains(error.code), "\(size) bytes: \(error)")
      #expect(error.description.split(separator: "\n").count <= 2)
    }
    let half = try error { _ = try File(readingImage: Array(bytes.prefix(bytes.count / 2)), name: "cut.h5") }
    #expect(half.description == "cut.h5: the file is truncated: it is shorter than it says; copy it again")
    #expect(try error { _ = try File(readingImage: Array(bytes.prefix(4)), name: "cut.h5") }.code == .notHDF5)
  }

  @Test func truncatedOnDisk() throws {
    try withTemporaryPath { path in
      let file = try File(creating: path)
      try file.root.createDataset("x", type: .float(bits: 32), shape: [1000]).write([Float](repeating: 1, count: 1000))
      try file.close()
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      try bytes.prefix(bytes.count - 100).write(to: URL(fileURLWithPath: path))
      #expect(try error { _ = try File(reading: path) }.code == .truncated)
    }
  }

  @Test func threadsTakeTurnsInSilence() async throws {
    let file = try File(inMemory: "a")
    try file.root.createDataset("x", type: .float(bits: 32), shape: [100]).write((0..<100).map(Float.init))
    try await withThrowingTaskGroup(of: Float.self) { group in
      for index in 0..<50 {
        group.addTask {
          _ = try? file.root.dataset("missing")
          return try file.root.dataset("x").read(rows: index..<index + 1)[0]
        }
      }
      var sum: Float = 0
      for try await value in group { sum += value }
      #expect(sum == 1225)
    }
  }
}
