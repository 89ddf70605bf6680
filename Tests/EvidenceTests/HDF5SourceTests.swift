import Evidence
import Foundation
import HDF5
import Testing

/// Shapes are what a file claims: nothing is multiplied or allocated on the strength of one.
@Suite struct HDF5SourceTests {
  struct Absurd: ExampleSource {
    let count = 2
    let exampleShape = [1 << 40, 1 << 40]
    func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws {}
  }

  @Test func aProductThatOverflowsIsTheLargestNumber() throws {
    #expect(Evidence.Dataset(Absurd()).elementCount == .max)
    let model = GivenWeights { _, _ in 0 }
    let error = #expect(throws: EvidenceError.self) {
      try ImportanceSampling(samples: 1).estimate(model, on: Evidence.Dataset(Absurd()))
    }
    #expect(error?.code == .invalidData)
  }

  @Test(arguments: [[4, 1 << 40], [1 << 40, 4], [4, 1 << 30, 1 << 20]]) func moreThanTheFileHoldsIsRefused(
    _ shape: [Int]
  )
    throws
  {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).h5").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try File(creating: path)
    // Nothing is written to it, so the file stays small.
    _ = try file.root.createDataset("images", type: .float(bits: 32), shape: shape)
    try file.close()
    let error = #expect(throws: HDF5Error.self) { try HDF5Source(file: path) }
    #expect(error?.code == .tooLarge)
    #expect(error.map { "\($0)".contains("/images") } == true)
  }
}
