import HDF5
import Models

/// Numbers stored in rows, one for each example.
protocol StoredNumbers: Sendable {
  /// The extents; the first counts examples.
  var shape: [Int] { get }
  /// The numbers of some rows.
  func numbers(_ rows: Range<Int>) throws -> [Double]
}

extension HDF5.Dataset: StoredNumbers {
  func numbers(_ rows: Range<Int>) throws -> [Double] { try read(rows: rows) }
}

extension NumpySource: StoredNumbers {
  var shape: [Int] { [count] + exampleShape }

  func numbers(_ rows: Range<Int>) throws -> [Double] {
    if let values = try readUnrounded(rows) { return values }
    var values = [Float](repeating: 0, count: rows.count * exampleShape.reduce(1, *))
    try values.withUnsafeMutableBufferPointer { try read(rows, into: $0) }
    return values.map(Double.init)
  }
}

/// Numbers: [N], or [N, size].
struct NumberColumn: CovariateColumn {
  let stored: any StoredNumbers
  let size: Int
  let place: String

  func read(_ rows: Range<Int>) throws -> [Float] {
    let values = try stored.numbers(rows).map { Float($0) }
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      throw EvidenceError(
        .invalidData, "\(place): example \(rows.lowerBound + bad / size): expected a number, found \(values[bad])")
    }
    return values
  }
}

/// Categories as numbers, each of which stands for a category of the model.
struct CodeColumn: CovariateColumn {
  let stored: any StoredNumbers
  /// Words of the codes in the file, where it has them; otherwise a number is the category of that name.
  let words: [String]?
  let categories: [String]
  let place: String

  func read(_ rows: Range<Int>) throws -> [Float] {
    let codes = try stored.numbers(rows)
    var result = [Float](repeating: 0, count: rows.count * categories.count)
    for (row, code) in codes.enumerated() {
      result[row * categories.count + (try category(code, example: rows.lowerBound + row))] = 1
    }
    return result
  }

  private func category(_ code: Double, example: Int) throws -> Int {
    guard let words else {
      return try CategoryWords(categories, place).index(of: code.asCategory, example: example)
    }
    guard code >= 0 else {
      throw EvidenceError(
        .invalidData, "\(place): example \(example): the category is missing (code \(code.asCategory)); leave it out")
    }
    guard let index = Int(exactly: code), index < words.count else {
      throw EvidenceError(
        .invalidData,
        "\(place): example \(example): expected a code of 0 … \(words.count - 1), found \(code.asCategory)")
    }
    return try CategoryWords(categories, place).index(of: words[index], example: example)
  }
}

/// Categories by name, all read.
struct WordColumn: CovariateColumn {
  let words: [String]
  let categories: [String]
  let place: String

  func read(_ rows: Range<Int>) throws -> [Float] {
    var result = [Float](repeating: 0, count: rows.count * categories.count)
    let known = CategoryWords(categories, place)
    for (row, example) in rows.enumerated() {
      result[row * categories.count + (try known.index(of: words[example], example: example))] = 1
    }
    return result
  }
}

/// Categories one-hot: [N, categories].
struct OneHotColumn: CovariateColumn {
  let stored: any StoredNumbers
  let categories: [String]
  let place: String

  func read(_ rows: Range<Int>) throws -> [Float] {
    let values = try stored.numbers(rows).map { Float($0) }
    for (row, example) in rows.enumerated() {
      let run = values[row * categories.count..<(row + 1) * categories.count]
      guard run.allSatisfy({ $0 == 0 || $0 == 1 }), run.reduce(0, +) == 1 else {
        throw EvidenceError(
          .invalidData,
          "\(place): example \(example): expected one 1 among zeros, for one of \(categories.count) categories")
      }
    }
    return values
  }
}

/// The categories of a covariate, found by name.
struct CategoryWords {
  private let categories: [String]
  private let place: String

  init(_ categories: [String], _ place: String) {
    self.categories = categories
    self.place = place
  }

  func index(of word: String, example: Int) throws -> Int {
    if let index = categories.firstIndex(of: word) { return index }
    // A count of categories may be read as a float: 3 and 3.0 are one.
    if let number = Double(word), let index = categories.firstIndex(where: { Double($0) == number }) { return index }
    let shown = categories.prefix(8).joined(separator: ", ") + (categories.count > 8 ? ", …" : "")
    throw EvidenceError(
      .invalidData,
      word.isEmpty
        ? "\(place): example \(example): the category is missing; leave it out"
        : "\(place): example \(example): unknown category \"\(word)\"; the model knows \(categories.count): \(shown)")
  }
}

extension Double {
  /// Without decimals where there are none.
  var asCategory: String { self == rounded() && magnitude < 1e15 ? String(Int(self)) : String(self) }
}
