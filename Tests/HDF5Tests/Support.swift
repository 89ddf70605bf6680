import Foundation
import HDF5
import Testing

/// The fixture of many kinds of things that h5py made (Fixtures/make.py).
func kinds() throws -> File { try fixture("kinds") }

/// A fixture that h5py made.
func fixture(_ name: String) throws -> File {
  let url = try #require(Bundle.module.url(forResource: name, withExtension: "h5", subdirectory: "Fixtures"))
  return try File(readingImage: [UInt8](Data(contentsOf: url)), name: name + ".h5")
}

/// The error that a closure throws; its text is what people see.
func error(_ body: () throws -> Void) throws -> HDF5Error {
  try #require(throws: HDF5Error.self) { try body() }
}

/// A path in a directory of its own, which is removed afterwards.
func withTemporaryPath(_ name: String = "file.h5", _ body: (String) throws -> Void) throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  try body(directory.appending(path: name).path)
}
