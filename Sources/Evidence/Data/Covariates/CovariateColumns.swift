import HDF5
import Models

/// Numbers in a dataset of HDF5: [N], or [N, size].
struct NumberColumn: CovariateColumn {
  let dataset: HDF5.Dataset
  let size: Int
  let place: String

  func read(_ rows: Range<Int>) throws -> [Float] {
    let values: [Float] = try dataset.read(rows: rows)
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      throw EvidenceError(
        .invalidData, "\(place): example \(rows.lowerBound + bad / size): expected a number, found \(values[bad])")
    }
    return values
  }
}

/// Categories as numbers in a dataset of HDF5, each of which stands for a category of the model.
struct CodeColumn: CovariateColumn {
  let dataset: HDF5.Dataset
  /// Words of the codes in the file, where it has them; otherwise a number is the category of that name.
  let words: [String]?
  let categories: [String]
  let place: String

  func read(_ rows: Range<Int>) throws -> [Float] {
    let codes: [Double] = try dataset.read(rows: rows)
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
  let dataset: HDF5.Dataset
  let categories: [String]
  let place: String

  func read(_ rows: Range<Int>) throws -> [Float] {
    let values: [Float] = try dataset.read(rows: rows)
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
