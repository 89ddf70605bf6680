import Foundation

/// How chains are annealed: fixed before any data are seen, so that the estimate stays unbiased.
public struct AnnealingSchedule: Sendable, Equatable {
  /// T: the path from β = 0 to β = 1 has T steps of 1/T, and T − 1 moves in between.
  public var temperatures: Int
  /// Leapfrog steps of a move.
  public var leapfrogs: Int
  /// Step sizes at equally spaced β, the first at the middle of the first of as many equal parts of [0, 1]; between them the
  /// step is interpolated.
  public var steps: [Double]

  /// Parts of the path that step sizes, and acceptances, are told apart for.
  public static let parts = 8

  /// A schedule.
  public init(temperatures: Int, leapfrogs: Int = 4, steps: [Double]) {
    self.temperatures = temperatures
    self.leapfrogs = leapfrogs
    self.steps = steps
  }

  /// A step size for all of the path, as far as nothing better is known.
  static func untuned(temperatures: Int, leapfrogs: Int) -> AnnealingSchedule {
    AnnealingSchedule(
      temperatures: temperatures, leapfrogs: leapfrogs,
      steps: Array(repeating: min(0.4, longestTurn / Double(leapfrogs)), count: parts))
  }

  /// The most that a move turns a chain of a normal target in all, in radians. At π/2 the new place has nothing of the
  /// old; a target that is wider than its approximation may take more, a full turn comes back.
  static let longestTurn = 2.4

  /// β at temperature t.
  func beta(_ temperature: Int) -> Double { Double(temperature) / Double(temperatures) }

  /// The part of the path that β lies in.
  func part(_ beta: Double) -> Int { min(steps.count - 1, max(0, Int(beta * Double(steps.count)))) }

  /// The step size at β.
  func step(_ beta: Double) -> Double {
    let place = beta * Double(steps.count) - 0.5
    let lower = min(steps.count - 1, max(0, Int(place.rounded(.down))))
    let upper = min(steps.count - 1, lower + 1)
    let weight = min(1, max(0, place - Double(lower)))
    return steps[lower] * (1 - weight) + steps[upper] * weight
  }

  /// - Throws: `EvidenceError` (`invalidSetting`) where a setting has no meaning.
  func validate() throws {
    guard (1...Chains.largestTemperatureCount).contains(temperatures) else {
      throw EvidenceError(
        .invalidSetting, "temperatures: expected 1 to \(Chains.largestTemperatureCount), found \(temperatures)")
    }
    guard leapfrogs > 0 else {
      throw EvidenceError(.invalidSetting, "leapfrogs: expected at least 1, found \(leapfrogs)")
    }
    guard !steps.isEmpty, steps.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw EvidenceError(.invalidSetting, "step sizes: expected positive numbers, found \(steps)")
    }
  }
}
