import Models
import Networks

extension Preprocessing {
  /// Examples looked at to tell whether the data were prepared before they were stored. Always the first of the dataset,
  /// whatever range is evaluated, so that the range can't change a result.
  static let examplesLookedAt = 1024

  /// What a model file says its data need, or less where the stored data show that it was done already.
  ///
  /// A test set binarized once is often stored as 0 and 1, while the model file says to divide by 255 and to binarize, as
  /// its training data needed. Doing so again would leave almost nothing but zeros, and a log-likelihood that looks fine.
  ///
  /// - Returns: The preprocessing, and in words what was left out and why; nil when the model file is followed.
  public static func suited(
    to input: ModelDescription.Input, storedIn source: some ExampleSource
  ) throws -> (preprocessing: Preprocessing, note: String?) {
    let stated = Preprocessing(input)
    guard stated.divideBy > 1, !stated.dequantize, try isBinary(source) else { return (stated, nil) }
    let left = stated.binarize == .none ? "dividing by" : "binarizing, after dividing by"
    return (
      Preprocessing(),
      "the data are stored as 0 and 1, so they are taken as they are; the model file asks for \(left) "
        + "\(stated.divideBy == stated.divideBy.rounded() ? String(Int(stated.divideBy)) : String(stated.divideBy))"
    )
  }

  /// Whether the first examples hold 0 and 1, both, and nothing else.
  private static func isBinary(_ source: some ExampleSource) throws -> Bool {
    let size = Dataset(source).elementCount
    var sawOne = false
    var sawZero = false
    let block = 64
    for first in stride(from: 0, to: min(source.count, examplesLookedAt), by: block) {
      let rows = first..<min(first + block, source.count)
      var isBinary = true
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, rows.count * size)) { buffer in
        buffer.initialize(repeating: 0)
        try source.read(rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<(rows.count * size)]))
        for value in buffer[..<(rows.count * size)] {
          if value == 1 { sawOne = true } else if value == 0 { sawZero = true } else { isBinary = false }
        }
      }
      if !isBinary { return false }
    }
    return sawOne && sawZero
  }
}
