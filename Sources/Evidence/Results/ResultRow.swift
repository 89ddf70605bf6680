/// What an estimator yields for one example, as a row of a results file.
///
/// A row declares its columns once; the results writer, its journal and the reader need nothing else:
///
///     extension Measurement: ResultRow {
///       static var columns: [ResultColumn<Measurement>] { [.number("log_likelihood", \.logLikelihood)] }
///     }
///
/// Column `index`, the number of the example, is every row's and is not declared.
public protocol ResultRow: Sendable {
  /// A row of an example, to be filled in column by column.
  init(index: Int)

  /// The example's number in the dataset.
  var index: Int { get set }

  /// The columns beside `index`, each of another name.
  static var columns: [ResultColumn<Self>] { get }
}

/// A column of a results file: a name, and where the value is in a row.
public struct ResultColumn<Row: ResultRow>: Sendable {
  /// What a row holds there.
  enum Content: Sendable {
    case count(WritableKeyPath<Row, Int> & Sendable)
    case number(WritableKeyPath<Row, Double> & Sendable)
    case numbers(WritableKeyPath<Row, [Double]> & Sendable)
  }

  /// The name of the dataset in the file.
  public let name: String
  /// Whether a file without the column can be read; the row's own value stands then.
  public let isOptional: Bool
  let content: Content

  /// A column of whole numbers, int64.
  public static func count(
    _ name: String, _ path: WritableKeyPath<Row, Int> & Sendable, isOptional: Bool = false
  ) -> ResultColumn { ResultColumn(name: name, isOptional: isOptional, content: .count(path)) }

  /// A column of numbers, float64.
  public static func number(
    _ name: String, _ path: WritableKeyPath<Row, Double> & Sendable, isOptional: Bool = false
  ) -> ResultColumn { ResultColumn(name: name, isOptional: isOptional, content: .number(path)) }

  /// A column of several numbers a row, float64 [n, width]. What each stands for is in `ResultsSettings.labels` under the
  /// column's name, and in the file in the dataset's attribute `labels` (of the column `curve`: `samples`). Without labels
  /// there is no such column.
  public static func numbers(
    _ name: String, _ path: WritableKeyPath<Row, [Double]> & Sendable
  ) -> ResultColumn { ResultColumn(name: name, isOptional: true, content: .numbers(path)) }
}

extension ResultRow {
  /// Every column, the index first.
  static var allColumns: [ResultColumn<Self>] { [.count("index", \.index)] + columns }

  /// Words of 64 bits in a row.
  static func width(_ settings: ResultsSettings) -> Int {
    allColumns.reduce(0) { width, column in
      if case .numbers = column.content { return width + settings.labels(of: column.name).count }
      return width + 1
    }
  }

  /// Appends the words of the row, which are its values' bits.
  func encode(into words: inout [UInt64]) {
    for column in Self.allColumns {
      switch column.content {
      case .count(let path): words.append(UInt64(bitPattern: Int64(self[keyPath: path])))
      case .number(let path): words.append(self[keyPath: path].bitPattern)
      case .numbers(let path): for value in self[keyPath: path] { words.append(value.bitPattern) }
      }
    }
  }

  /// The row that words were made of.
  init(_ words: ArraySlice<UInt64>, _ settings: ResultsSettings) {
    self.init(index: 0)
    var words = words
    for column in Self.allColumns {
      switch column.content {
      case .count(let path): self[keyPath: path] = Int(Int64(bitPattern: words.removeFirst()))
      case .number(let path): self[keyPath: path] = Double(bitPattern: words.removeFirst())
      case .numbers(let path):
        let width = settings.labels(of: column.name).count
        self[keyPath: path] = words.prefix(width).map { Double(bitPattern: $0) }
        words = words.dropFirst(width)
      }
    }
  }

  /// The column whose numbers in this row are not as many as its labels.
  func columnOfWrongWidth(_ settings: ResultsSettings) -> (name: String, found: Int, expected: Int)? {
    for column in Self.columns {
      guard case .numbers(let path) = column.content else { continue }
      let (found, expected) = (self[keyPath: path].count, settings.labels(of: column.name).count)
      if found != expected { return (column.name, found, expected) }
    }
    return nil
  }
}
