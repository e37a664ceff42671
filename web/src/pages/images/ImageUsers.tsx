import { List, ListItem } from '@patternfly/react-core'
import { Link } from '@tanstack/react-router'
import { guestNameOf } from './image-users.ts'

/** Who needs an image; a guest leads to where it is found. */
export function ImageUsers({ users }: { users: readonly string[] }) {
  return (
    <List isPlain>
      {users.map((user) => {
        const guest = guestNameOf(user)
        return (
          <ListItem key={user}>
            {guest === undefined ? (
              user
            ) : (
              <Link to="/instances" search={{ q: guest }}>
                {guest}
              </Link>
            )}
          </ListItem>
        )
      })}
    </List>
  )
}
