import Evidence
import Foundation

/// Which examples of a dataset are trained on: a range, without those for validation.
struct TrainedExamples {
  /// Where they lie.
  let bounds: Range<Int>
  private let left: Range<Int>

  init(_ range: Range<Int>, without validation: Range<Int>) {
    bounds = range
    left = validation.clamped(to: range)
  }

  var count: Int { bounds.count - left.count }

  func contains(_ number: Int) -> Bool { bounds.contains(number) && !left.contains(number) }

  /// The number in the dataset of the one that comes after `index` others.
  subscript(index: Int) -> Int {
    let number = bounds.lowerBound + index
    return number < left.lowerBound ? number : number + left.count
  }
}

/// The examples that a model is trained on, in the order of each epoch, prepared anew each time.
///
/// Memory doesn't grow with the dataset: what fits into the budget is held as it is stored; of a larger dataset a window of
/// chunks at a time, in an order of their own, shuffled within.
final class TrainingData: @unchecked Sendable {
  /// Bytes of stored examples that are held.
  static let budget = 1 << 28
  /// Consecutive examples that are read together.
  private static let chunk = 256

  private let data: Dataset
  private let size: Int
  private let examples: TrainedExamples
  private let seed: UInt64
  /// How many examples are trained on.
  let count: Int
  /// The mean of each element, prepared, before random binarization.
  let means: [Double]
  /// Whether every stored value is a whole number from 0 to 255.
  private let areBytes: Bool
  /// Examples of a window, a multiple of the batch.
  private let window: Int
  /// Each byte divided.
  private let divided: [Float]
  // What the window at hand holds, its number and its epoch. Written between steps, by the caller alone.
  private var bytes: [UInt8] = []
  private var floats: [Float] = []
  private var numbers: [Int] = []
  private var current = (epoch: -1, window: -1)
  private var order = Permutation(count: 1, seed: 0, epoch: 0)

  /// Looks at every example once.
  ///
  /// - Parameter examples: Those that are trained on.
  /// - Throws: `EvidenceError` where there are none, or where one has values that the likelihood doesn't take.
  init(
    _ data: Dataset, examples: TrainedExamples, for model: NetworkModel, batch: Int, seed: UInt64,
    budget: Int = TrainingData.budget, check: () throws -> Void
  ) throws {
    self.data = data
    self.examples = examples
    self.seed = seed
    size = data.elementCount
    count = examples.count
    guard count > 0 else { throw EvidenceError(.invalidData, "the dataset holds no examples to train on") }
    var sums = [Double](repeating: 0, count: size)
    var areBytes = true
    let support = model.support
    let classes = model.plan.likelihoodComponents
    for chunk in Self.chunks(of: examples.bounds) {
      try check()
      let stored = try Dataset(data.source).batch(chunk).values
      areBytes = areBytes && stored.allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded() }
      let values = try data.batch(chunk, seed: seed).values
      if let bad = values.firstIndex(where: { !support.contains($0) }) {
        throw EvidenceError(
          .invalidData,
          "example \(chunk.lowerBound + bad / size), element \(bad % size): found \(values[bad]), which the likelihood "
            + "doesn't take",
          remedies: values[bad] > 1 && values[bad] <= 255 ? [.divide(by: 255)] : [])
      }
      if support == .oneHot {
        for run in 0..<values.count / classes where values[run * classes..<(run + 1) * classes].reduce(0, +) != 1 {
          throw EvidenceError(
            .invalidData, "example \(chunk.lowerBound + run * classes / size): a run of one-hot data has not one 1")
        }
      }
      for (position, index) in chunk.enumerated() where examples.contains(index) {
        for element in 0..<size {
          sums[element] += Self.expected(stored[position * size + element], data.preprocessing)
        }
      }
    }
    means = sums.map { [count] in $0 / Double(count) }
    self.areBytes = areBytes
    let room = budget / (size * (areBytes ? 1 : 4))
    window = room >= count ? count : max(batch, max(room, Self.chunk) / batch * batch)
    divided = (0..<256).map { Float(Double($0) / data.preprocessing.divideBy) }
  }

  /// Consecutive examples, a chunk at a time.
  private static func chunks(of range: Range<Int>) -> [Range<Int>] {
    stride(from: range.lowerBound, to: range.upperBound, by: chunk).map { $0..<min($0 + chunk, range.upperBound) }
  }

  /// What an element becomes on the mean.
  private static func expected(_ stored: Float, _ preparation: Preprocessing) -> Double {
    let value = (Double(stored) + (preparation.dequantize ? 0.5 : 0)) / preparation.divideBy
    return preparation.binarize == .threshold ? (value >= 0.5 ? 1 : 0) : value
  }

  /// Has the examples at these places of an epoch in memory; they lie in one window.
  func prepare(epoch: Int, places: Range<Int>) throws {
    let number = places.lowerBound / window
    guard current != (epoch, number) else { return }
    let first = number * window
    let members = first..<min(first + window, count)
    order = Permutation(count: members.count, seed: seed, epoch: epoch, part: number)
    // A window of everything is read once.
    if members.count < count || numbers.isEmpty { try load(members, epoch: epoch) }
    current = (epoch, number)
  }

  private func load(_ members: Range<Int>, epoch: Int) throws {
    numbers = []
    bytes = []
    floats = []
    var place = 0
    let chunks = Self.chunks(of: 0..<count)
    let order = members.count < count ? Permutation(count: chunks.count, seed: seed, epoch: epoch, part: 1 << 31) : nil
    for turn in chunks.indices {
      let chunk = chunks[order?[turn] ?? turn]
      let part = max(members.lowerBound, place)..<min(members.upperBound, place + chunk.count)
      if !part.isEmpty {
        numbers += (chunk.lowerBound + part.lowerBound - place..<chunk.lowerBound + part.upperBound - place)
          .map { examples[$0] }
      }
      place += chunk.count
      if place >= members.upperBound { break }
    }
    var run = 0
    while run < numbers.count {
      var end = run + 1
      while end < numbers.count, numbers[end] == numbers[end - 1] + 1, end - run < Self.chunk { end += 1 }
      let values = try Dataset(data.source).batch(numbers[run]..<numbers[run] + (end - run)).values
      if areBytes { bytes += values.map { UInt8($0) } } else { floats += values }
      run = end
    }
  }

  /// Writes the example at a place of the epoch that was prepared, as the model takes it: a function of (seed, epoch, example).
  func write(place: Int, into target: UnsafeMutablePointer<Float>) {
    let slot = order[place % window]
    let number = numbers[slot]
    let key = 1 << 63 | UInt64(current.epoch) << 36 | UInt64(number)
    let preparation = data.preprocessing
    if areBytes, !preparation.dequantize {
      bytes.withUnsafeBufferPointer { bytes in
        divided.withUnsafeBufferPointer { divided in
          for element in 0..<size { target[element] = divided[Int(bytes[slot * size + element])] }
        }
      }
      preparation.applyBinarization(to: target, count: size, seed: seed, example: key)
    } else {
      for element in 0..<size {
        target[element] = areBytes ? Float(bytes[slot * size + element]) : floats[slot * size + element]
      }
      preparation.apply(target, count: size, seed: seed, example: key)
    }
  }
}
