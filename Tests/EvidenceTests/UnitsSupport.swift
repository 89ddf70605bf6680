import Evidence
import EvidenceTesting
import Foundation
import Models
import Networks

/// x = Σ_d s_d z_d w_d + b + σ ε with orthonormal w_d: the posterior has independent units,
/// q(z_d | x) = N(s_d w_dᵀ(x − b) / (s_d² + σ²), σ² / (s_d² + σ²)), and everything about it a closed form.
struct OrthogonalModel {
  let elements: Int
  /// s_d; 0 for a unit that is not used.
  let strengths: [Double]
  let deviation = 0.5
  /// w_d as rows.
  let directions: [[Double]]

  init(elements: Int, strengths: [Double]) {
    self.elements = elements
    self.strengths = strengths
    directions = orthonormalRows(strengths.count, of: elements, seed: 21)
  }

  var units: Int { strengths.count }
  func offset(_ element: Int) -> Double { 0.1 * Double(element) }
  /// A_d = s² / (s² + σ²) over the model's own distribution.
  var variances: [Double] { strengths.map { $0 * $0 / ($0 * $0 + deviation * deviation) } }
  /// ½ log(1 + s²/σ²): the KL of a unit, and its mutual information.
  var divergences: [Double] { strengths.map { log(1 + $0 * $0 / (deviation * deviation)) / 2 } }

  /// Examples drawn from the model.
  func sample(_ count: Int, seed: UInt64 = 5) -> Dataset {
    var values: [Float] = []
    for example in 0..<count {
      let z = (0..<units).map { CounterRandom.normal(seed, UInt64(example), 1, UInt64($0)) }
      for element in 0..<elements {
        let mean = (0..<units).reduce(offset(element)) { $0 + strengths[$1] * z[$1] * directions[$1][element] }
        values.append(Float(mean + deviation * CounterRandom.normal(seed, UInt64(example), 2, UInt64(element))))
      }
    }
    return Dataset(values, count: count)
  }

  /// log p(x) of a model that keeps some units only.
  func logLikelihood(_ x: [Double], keeping kept: [Int]) -> Double {
    let centered = x.enumerated().map { $1 - offset($0) }
    let noise = deviation * deviation
    var result = -Double(elements) / 2 * log(2 * .pi * noise) - centered.reduce(0) { $0 + $1 * $1 } / (2 * noise)
    for unit in kept {
      let projection = zip(directions[unit], centered).reduce(0) { $0 + $1.0 * $1.1 }
      let total = strengths[unit] * strengths[unit] + noise
      result += log(noise / total) / 2 + projection * projection * (1 / noise - 1 / total) / 2
    }
    return result
  }

  /// The model as networks; with a rotation R of the latents, z′ = R z, whose posterior is a full normal.
  func description(rotatedBy rotation: [[Double]]? = nil) -> ModelDescription {
    let noise = deviation * deviation
    let totals: [Double] = strengths.map { $0 * $0 + noise }
    let gains: [[Double]] = (0..<units).map { unit in
      let factor = strengths[unit] / totals[unit]
      return directions[unit].map { $0 * factor }
    }
    let scales: [Double] = totals.map { (noise / $0).squareRoot() }
    let rotation = rotation ?? identity(units)
    let gain = product(rotation, gains)
    let offsets = (0..<elements).map(offset)
    let bias = product(gain, transpose([offsets])).map { -$0[0] }
    let mean = Parameter.stack(Stack([Layer(.dense(dense(gain, bias)))]))
    let encoder: Conditional
    if rotation == identity(units) {
      encoder = Conditional(
        .normal, given: [0], parameters: [.mean: mean, .scale: .constant(Tensor(scales.map(Float.init)))])
    } else {
      let scaled = rotation.map { row in zip(row, scales).map(*) }
      let triangle = cholesky(product(scaled, transpose(scaled))).flatMap { $0 }.map(Float.init)
      encoder = Conditional(
        .fullNormal, given: [0],
        parameters: [.mean: mean, .scaleTril: .constant(Tensor(shape: [units, units], values: triangle))])
    }
    let weights = transpose((0..<units).map { unit in directions[unit].map { $0 * strengths[unit] } })
    let decoder = Conditional(
      .normal, given: [1],
      parameters: [
        .mean: .stack(Stack([Layer(.dense(dense(product(weights, transpose(rotation)), offsets)))])),
        .scale: .constant(Tensor(Array(repeating: Float(deviation), count: elements))),
      ])
    return ModelDescription(input: .init(shape: [elements]), encoders: [encoder], decoders: [decoder])
  }

  /// The exact posterior means of a dataset's examples, in Double.
  func means(_ data: Dataset) throws -> [[Double]] {
    let batch = try data.batch(0..<data.count)
    return (0..<data.count).map { example in
      let x = batch.values(at: example).map(Double.init)
      return (0..<units).map { unit in
        let total = strengths[unit] * strengths[unit] + deviation * deviation
        return (0..<elements).reduce(0) { $0 + directions[unit][$1] * (x[$1] - offset($1)) } * strengths[unit] / total
      }
    }
  }
}

/// Rows of an orthogonal matrix, by Gram and Schmidt.
func orthonormalRows(_ count: Int, of length: Int, seed: UInt64) -> [[Double]] {
  var rows: [[Double]] = []
  for index in 0..<count {
    var row = (0..<length).map { CounterRandom.normal(seed, UInt64(index), UInt64($0)) }
    for _ in 0..<2 {
      for other in rows {
        let share = zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
        row = zip(row, other).map { $0 - share * $1 }
      }
    }
    let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    rows.append(row.map { $0 / length })
  }
  return rows
}

func identity(_ size: Int) -> [[Double]] { (0..<size).map { row in (0..<size).map { $0 == row ? 1 : 0 } } }

func transpose(_ a: [[Double]]) -> [[Double]] { (a.first ?? []).indices.map { column in a.map { $0[column] } } }

func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  let columns = transpose(b)
  return a.map { row in columns.map { zip(row, $0).reduce(0) { $0 + $1.0 * $1.1 } } }
}

private func cholesky(_ a: [[Double]]) -> [[Double]] {
  var t = a.map { $0.map { _ in 0.0 } }
  for i in a.indices {
    for j in 0...i {
      let rest = a[i][j] - (0..<j).reduce(0) { $0 + t[i][$1] * t[j][$1] }
      t[i][j] = i == j ? rest.squareRoot() : rest / t[j][j]
    }
  }
  return t
}

func dense(_ rows: [[Double]], _ bias: [Double]) -> Dense {
  Dense(
    weight: Tensor(shape: [rows.count, rows.first?.count ?? 0], values: rows.flatMap { $0 }.map(Float.init)),
    layout: .weight, bias: Tensor(bias.map(Float.init)))
}

/// Two-pass population covariance of two columns.
func covariance(_ a: [Double], _ b: [Double]) -> Double {
  let meanA = a.reduce(0, +) / Double(a.count)
  let meanB = b.reduce(0, +) / Double(b.count)
  return zip(a, b).reduce(0) { $0 + ($1.0 - meanA) * ($1.1 - meanB) } / Double(a.count)
}
