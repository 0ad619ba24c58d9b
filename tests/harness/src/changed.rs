/// Returns the default value after `change` has altered it.
///
/// Structs that may gain fields cannot be built from outside the crate in any other way.
pub fn changed<T: Default>(change: impl FnOnce(&mut T)) -> T {
    let mut value = T::default();
    change(&mut value);
    value
}
