import Models
import Networks

/// What is known of a dataset's examples besides x, as a model's networks take it: see `CovariateLayout`.
public struct ExampleCovariates: Sendable {
  /// Which numbers there are.
  public let layout: CovariateLayout
  private let source: Source

  private enum Source: Sendable {
    case columns([any CovariateColumn])
    case given([Float])
  }

  /// Where each covariate of the layout is read, in its order. Totals are those of the examples.
  init(_ layout: CovariateLayout, columns: [any CovariateColumn]) {
    self.layout = layout
    source = .columns(columns)
  }

  /// Numbers for every example, one example after the other: `layout.width` each, the total included.
  public init(_ layout: CovariateLayout, values: [Float]) {
    self.layout = layout
    source = .given(values)
  }

  /// The numbers of some examples, given these in `values`.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) naming the first example of which something isn't known.
  func read(_ rows: Range<Int>, values: [Float]) throws -> [Float] {
    let width = layout.width
    switch source {
    case .given(let numbers):
      guard rows.upperBound * width <= numbers.count else {
        throw EvidenceError(.invalidData, "example \(numbers.count / max(1, width)): no covariates are given for it")
      }
      return Array(numbers[rows.lowerBound * width..<rows.upperBound * width])
    case .columns(let columns):
      var result = [Float](repeating: 0, count: rows.count * width)
      var first = 0
      for (covariate, column) in zip(layout.covariates, columns) {
        let numbers = try column.read(rows)
        let own = covariate.width
        for row in 0..<rows.count {
          for place in 0..<own { result[row * width + first + place] = numbers[row * own + place] }
        }
        first += own
      }
      if let total = layout.totalColumn {
        let size = values.count / max(1, rows.count)
        for row in 0..<rows.count {
          result[row * width + total] = Float(values[row * size..<(row + 1) * size].reduce(0.0) { $0 + Double($1) })
        }
      }
      return result
    }
  }
}

/// One covariate of every example: numbers in the form that networks take.
protocol CovariateColumn: Sendable {
  /// As many as the covariate's width, for each example in turn.
  func read(_ rows: Range<Int>) throws -> [Float]
}

extension NetworkModel {
  /// Refuses a batch without the covariates that the model is given, or with an exposure that no mean can be multiplied by.
  func requireCovariates(_ batch: ExampleBatch) throws {
    let layout = plan.covariates
    guard layout.width > 0 else { return }
    guard batch.covariates.count == batch.count * layout.width else {
      throw EvidenceError(
        .invalidData,
        "the model gives \(description.modelledDensity): expected \(layout.width) numbers of covariates for each example, "
          + "found \(batch.covariates.count / max(1, batch.count))")
    }
    guard let exposure = description.decoders.first?.exposure,
      let column = layout.totalColumn ?? layout.columns(exposure.name)?.lowerBound
    else { return }
    for (position, index) in batch.indices.enumerated() {
      let value = batch.covariates[position * layout.width + column]
      guard value > 0, value.isFinite else {
        throw EvidenceError(
          .invalidData,
          exposure == .total
            ? "example \(index): all its counts are 0, and the model's means are shares of their total; leave it out"
            : "example \(index): expected a positive \(exposure.name), which the model's means are multiplied by; found \(value)"
        )
      }
    }
  }
}
