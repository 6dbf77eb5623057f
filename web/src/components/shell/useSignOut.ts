import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from '@/api/client';
import { closeLiveStreams } from '@/api/live';
import { queries } from '@/api/queries';
import { useProblemText } from '@/app/problem';
import { useToast } from '@/components/ui/toast';

/** Ends the session and forgets everything it has loaded. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const text = useProblemText();
  return async () => {
    closeLiveStreams(); // a stream cut by the server would try again and be refused
    try {
      await api.signOut();
    } catch (error) {
      toast.failed(text(error));
      return;
    }
    client.setQueryData(queries.session().queryKey, { signed_in: false, permissions: [] });
    await navigate({ to: '/sign-in' });
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
  };
}
