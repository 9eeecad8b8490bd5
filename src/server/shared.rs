//! What capabilities keep in memory for all requests of this process: one value a type, made when it is first asked
//! for. The server knows nothing of what is in there.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Default)]
pub struct Shared(RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Shared {
    /// The value of type `T`: the same one for everybody who asks.
    pub fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()).cloned();
        let value = known.unwrap_or_else(|| {
            let mut values = self.0.write().unwrap_or_else(PoisonError::into_inner);
            values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default())).clone()
        });
        value.downcast().unwrap_or_else(|_| unreachable!("the key is the value's type"))
    }
}

#[cfg(test)]
mod tests {
    use super::Shared;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn everybody_gets_the_same_value() {
        let shared = Shared::default();
        shared.get::<AtomicU32>().store(7, Ordering::Relaxed);
        assert_eq!(shared.get::<AtomicU32>().load(Ordering::Relaxed), 7);
    }
}
