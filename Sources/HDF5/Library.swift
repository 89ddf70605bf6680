import CHDF5
import Glibc

/// Access to libhdf5, one thread at a time.
///
/// libhdf5's own lock, where it was built with one, covers calls and not sequences of calls, and its error stack
/// belongs to the last call. So every operation holds one lock from its first call to the reading of the stack.
enum Library {
  /// Recursive, because the last reference to a handle may go, and its deinit call libhdf5, within an operation.
  private static let lock = RecursiveLock()

  /// Runs a whole operation with libhdf5 to itself and silent.
  static func locked<Result>(_ operation: () throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    _ = isReady
    // Printing errors is a setting of each thread, and a thread that never called before has it on.
    H5Eset_auto2(chdf5_default_error_stack(), nil, nil)
    return try operation()
  }

  /// Plugins would be machine code named by a file.
  private static let isReady: Bool = H5open() >= 0 && H5PLset_loading_state(0) >= 0

  /// Whether an external link was met since this was last cleared. Only used while holding the lock.
  nonisolated(unsafe) static var metExternalLink = false
  /// Whether a number did not fit since this was last cleared. Only used while holding the lock.
  nonisolated(unsafe) static var metUnrepresentableNumber = false

  /// Follows soft links, sixteen deep, and no external ones. Only used while holding the lock.
  static let linkAccess: Handle = {
    let list = Handle(owning: H5Pcreate(chdf5_class_link_access()))
    refuseExternalLinks(list.id)
    return list
  }()

  /// Makes the links that a property list governs end in this file.
  static func refuseExternalLinks(_ list: hid_t) {
    H5Pset_nlinks(list, 16)
    H5Pset_elink_cb(
      list,
      { _, _, _, _, _, _, _ in
        Library.metExternalLink = true
        return -1
      }, nil)
  }

  /// Names in UTF-8, with the groups on the way created as needed. Only used while holding the lock.
  static let linkCreation: Handle = {
    let list = Handle(owning: H5Pcreate(chdf5_class_link_create()))
    H5Pset_create_intermediate_group(list.id, 1)
    H5Pset_char_encoding(list.id, H5T_CSET_UTF8)
    return list
  }()

  /// A transfer that fails, rather than clamps, where a number does not fit. Only used while holding the lock.
  static let exactTransfer: Handle = {
    let list = Handle(owning: H5Pcreate(chdf5_class_dataset_transfer()))
    H5Pset_type_conv_cb(
      list.id,
      { exception, _, _, _, _, _ in
        if exception == H5T_CONV_EXCEPT_PRECISION { return H5T_CONV_UNHANDLED }
        Library.metUnrepresentableNumber = true
        return H5T_CONV_ABORT
      }, nil)
    return list
  }()
}

/// A lock that its owner may take again.
private final class RecursiveLock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(mutex, &attributes)
    pthread_mutexattr_destroy(&attributes)
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }
}
