import Evidence
import Statistics

/// An estimator of one's own: minus the log mean of inverse weights, log k − log Σ 1/w, which is never above L_k. (Do not
/// use it: its error has no bound.)
struct HarmonicMean: Estimator {
  struct Row: ResultRow, Equatable {
    var index: Int
    var logLikelihood = Double.nan

    init(index: Int) { self.index = index }

    static var columns: [ResultColumn<Row>] { [.number("log_likelihood", \.logLikelihood)] }
  }

  struct Mean: MeasurementAccumulator {
    private var moments = RunningMoments()

    mutating func add(_ row: Row) { moments.add(row.logLikelihood) }
    mutating func merge(_ other: Mean) { moments.merge(other.moments) }
    func summary() throws -> Double { moments.mean }
  }

  let samples: Int

  func makeAccumulator() throws -> Mean { Mean() }

  func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> Row {
    var inverse = LogWeightMoments()
    try scratch.forEachChunk(of: example, under: model, samples: samples) { chunk in
      for index in chunk.indices { inverse.add(-chunk[index]) }
    }
    var row = Row(index: example.index)
    row.logLikelihood = -inverse.logMeanWeight
    return row
  }
}
