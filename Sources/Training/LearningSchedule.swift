/// How fast an epoch learns.
public enum LearningSchedule: Sendable, Equatable {
  /// The paper's: stage i = 0 … 7 has 3ⁱ epochs at rate · 10^(−i/7).
  case paper
  /// The same rate throughout.
  case constant

  /// Stages of the paper's schedule.
  public static let stages = 8

  /// Epochs through stage i of the paper's schedule: 1, 4, 13, 40, 121, 364, 1093, 3280.
  public static func epochs(throughStage stage: Int) -> Int { (0...stage).reduce(0) { total, _ in 3 * total + 1 } }

  /// The stage of an epoch, both counted from 0; the last stage goes on.
  public static func stage(ofEpoch epoch: Int) -> Int {
    (0..<stages).first { epoch < epochs(throughStage: $0) } ?? stages - 1
  }

  /// The factor of the rate in an epoch, counted from 0.
  public func factor(epoch: Int) -> Double {
    switch self {
    case .paper: Self.factors[Self.stage(ofEpoch: epoch)]
    case .constant: 1
    }
  }

  /// 10^(−i/7), in digits: a library's power may differ from another's in the last bit.
  private static let factors = [
    1, 0.719685673001152, 0.5179474679231212, 0.37275937203149406,
    0.2682695795279726, 0.193069772888325, 0.13894954943731377, 0.1,
  ]
}
