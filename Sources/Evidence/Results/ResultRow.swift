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
    case count(Place<Row, Int>)
    case number(Place<Row, Double>)
    case numbers(Place<Row, [Double]>)
  }

  /// The name of the dataset in the file.
  public let name: String
  /// Whether a file without the column can be read; the row's own value stands then.
  public let isOptional: Bool
  let content: Content

  /// A column of whole numbers, int64.
  public static func count(
    _ name: String, _ path: WritableKeyPath<Row, Int> & Sendable, isOptional: Bool = false
  ) -> ResultColumn { ResultColumn(name: name, isOptional: isOptional, content: .count(Place(path))) }

  /// A column of numbers, float64.
  public static func number(
    _ name: String, _ path: WritableKeyPath<Row, Double> & Sendable, isOptional: Bool = false
  ) -> ResultColumn { ResultColumn(name: name, isOptional: isOptional, content: .number(Place(path))) }

  /// A column of several numbers a row, float64 [n, width]. What each stands for is in `ResultsSettings.labels` under the
  /// column's name, and in the file in the dataset's attribute `labels` (of the column `curve`: `samples`). Without labels
  /// there is no such column.
  public static func numbers(
    _ name: String, _ path: WritableKeyPath<Row, [Double]> & Sendable
  ) -> ResultColumn { ResultColumn(name: name, isOptional: true, content: .numbers(Place(path))) }
}

/// Where a value is in a row.
struct Place<Row, Value>: Sendable {
  let get: @Sendable (Row) -> Value
  let set: @Sendable (inout Row, Value) -> Void

  init(_ path: WritableKeyPath<Row, Value> & Sendable) {
    get = { $0[keyPath: path] }
    set = { $0[keyPath: path] = $1 }
  }

  /// The place inside a part of a larger row.
  init<Part>(_ path: WritableKeyPath<Row, Part> & Sendable, _ inner: Place<Part, Value>) {
    get = { inner.get($0[keyPath: path]) }
    set = { inner.set(&$0[keyPath: path], $1) }
  }
}

extension ResultColumn {
  /// A column of a part of a larger row, under another name.
  ///
  /// - Parameters:
  ///   - path: Where the part is.
  ///   - prefix: What is put before the column's name.
  public func inside<Whole: ResultRow>(
    _ path: WritableKeyPath<Whole, Row> & Sendable, prefix: String = ""
  ) -> ResultColumn<Whole> {
    let content: ResultColumn<Whole>.Content =
      switch content {
      case .count(let place): .count(Place(path, place))
      case .number(let place): .number(Place(path, place))
      case .numbers(let place): .numbers(Place(path, place))
      }
    return ResultColumn<Whole>(name: prefix + name, isOptional: isOptional, content: content)
  }
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
      case .count(let place): words.append(UInt64(bitPattern: Int64(place.get(self))))
      case .number(let place): words.append(place.get(self).bitPattern)
      case .numbers(let place): for value in place.get(self) { words.append(value.bitPattern) }
      }
    }
  }

  /// The row that words were made of.
  init(_ words: ArraySlice<UInt64>, _ settings: ResultsSettings) {
    self.init(index: 0)
    var words = words
    for column in Self.allColumns {
      switch column.content {
      case .count(let place): place.set(&self, Int(Int64(bitPattern: words.removeFirst())))
      case .number(let place): place.set(&self, Double(bitPattern: words.removeFirst()))
      case .numbers(let place):
        let width = settings.labels(of: column.name).count
        place.set(&self, words.prefix(width).map { Double(bitPattern: $0) })
        words = words.dropFirst(width)
      }
    }
  }

  /// The column whose numbers in this row are not as many as its labels.
  func columnOfWrongWidth(_ settings: ResultsSettings) -> (name: String, found: Int, expected: Int)? {
    for column in Self.columns {
      guard case .numbers(let place) = column.content else { continue }
      let (found, expected) = (place.get(self).count, settings.labels(of: column.name).count)
      if found != expected { return (column.name, found, expected) }
    }
    return nil
  }
}
